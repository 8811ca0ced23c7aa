using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Somebody who has a flow open, and what they have selected on all of their pages.</summary>
public sealed record FlowGuest(UserId User, IReadOnlyList<string> Selected);

/// <summary>Who has a flow open in this process, on which pages, and what is selected there.</summary>
public sealed class FlowPresence
{
    private readonly Lock _gate = new();
    private readonly List<(object Page, UserId? User, IReadOnlyList<string> Selected)> _pages = [];

    /// <summary>Somebody came, left, or selected something else. Called on the thread of whoever did.</summary>
    public event Action? Changed;

    /// <summary>Pages that the flow is open on.</summary>
    public int Pages
    {
        get
        {
            lock (_gate)
            {
                return _pages.Count;
            }
        }
    }

    /// <summary>People beside one, in the order that they came.</summary>
    public IReadOnlyList<FlowGuest> Beside(UserId? user)
    {
        lock (_gate)
        {
            return
            [
                .. _pages.Where(page => page.User is not null && page.User != user).GroupBy(page => page.User!.Value)
                    .Select(pages => new FlowGuest(pages.Key, [.. pages.SelectMany(page => page.Selected).Distinct(StringComparer.Ordinal)])),
            ];
        }
    }

    /// <summary>Whose page it is; null where nobody's, and once they left.</summary>
    public UserId? UserOf(object page)
    {
        lock (_gate)
        {
            return _pages.Find(one => ReferenceEquals(one.Page, page)).User;
        }
    }

    /// <summary>Somebody opens the flow on a page.</summary>
    public void Enter(object page, UserId? user)
    {
        lock (_gate)
        {
            _pages.Add((page, user, []));
        }

        Changed?.Invoke();
    }

    /// <summary>Somebody selects something on their page.</summary>
    public void Select(object page, IReadOnlyList<string> paths)
    {
        lock (_gate)
        {
            var at = _pages.FindIndex(one => ReferenceEquals(one.Page, page));
            if (at < 0 || _pages[at].Selected.SequenceEqual(paths))
            {
                return;
            }

            _pages[at] = _pages[at] with { Selected = paths };
        }

        Changed?.Invoke();
    }

    /// <summary>Somebody closes a page.</summary>
    public void Leave(object page)
    {
        lock (_gate)
        {
            if (_pages.RemoveAll(one => ReferenceEquals(one.Page, page)) == 0)
            {
                return;
            }
        }

        Changed?.Invoke();
    }
}
