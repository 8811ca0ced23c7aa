using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Somebody who has a flow open, and what they have selected on all of their pages.</summary>
public sealed record FlowGuest(UserId User, IReadOnlyList<string> Selected);

/// <summary>Who has a flow open in this process, on which pages, and what is selected there. A page whose connection is away is kept, and seen by nobody.</summary>
public sealed class FlowPresence
{
    private readonly Lock _gate = new();
    private readonly List<Page> _pages = [];

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
                .. _pages.Where(page => page is { User: not null, IsAway: false } && page.User != user).GroupBy(page => page.User!.Value)
                    .Select(pages => new FlowGuest(pages.Key, [.. pages.SelectMany(page => page.Selected).Distinct(StringComparer.Ordinal)])),
            ];
        }
    }

    /// <summary>Whose page it is; null where nobody's, and once they left.</summary>
    public UserId? UserOf(object page)
    {
        lock (_gate)
        {
            return _pages.Find(one => ReferenceEquals(one.Key, page))?.User;
        }
    }

    /// <summary>Somebody opens the flow on a page.</summary>
    public void Enter(object page, UserId? user)
    {
        lock (_gate)
        {
            _pages.Add(new Page(page, user, []));
        }

        Changed?.Invoke();
    }

    /// <summary>Somebody selects something on their page.</summary>
    public void Select(object page, IReadOnlyList<string> paths) => Change(page, one => one.Selected.SequenceEqual(paths) ? one : one with { Selected = paths });

    /// <summary>The connection of somebody's page went away: whether they come back is not known.</summary>
    public void Part(object page) => Change(page, one => one with { IsAway = true });

    /// <summary>The connection of somebody's page is back.</summary>
    public void Return(object page) => Change(page, one => one with { IsAway = false });

    /// <summary>Somebody closes a page.</summary>
    public void Leave(object page)
    {
        lock (_gate)
        {
            if (_pages.RemoveAll(one => ReferenceEquals(one.Key, page)) == 0)
            {
                return;
            }
        }

        Changed?.Invoke();
    }

    private void Change(object page, Func<Page, Page> change)
    {
        lock (_gate)
        {
            var at = _pages.FindIndex(one => ReferenceEquals(one.Key, page));
            if (at < 0 || change(_pages[at]) is var changed && changed == _pages[at])
            {
                return;
            }

            _pages[at] = changed;
        }

        Changed?.Invoke();
    }

    private sealed record Page(object Key, UserId? User, IReadOnlyList<string> Selected, bool IsAway = false);
}
