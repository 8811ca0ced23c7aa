using Microsoft.AspNetCore.Components;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Flows;

/// <summary>Who else has the flow open, and what they do to it.</summary>
public sealed partial class FlowPage
{
    private Dictionary<UserId, string> _members = [];
    private FlowConflicts? _conflicts;
    private IReadOnlyList<Guest> _guests = [];
    private int? _published;
    private (string Who, int Number)? _news;
    private bool _isPublishing;

    [Inject] public required AccountStore Accounts { get; set; }

    [Inject] public required PageConnection Connection { get; set; }

    private async Task MeetAsync()
    {
        _members = (await Accounts.ListMembersAsync(Scope.Id, _stop.Token)).ToDictionary(member => member.User, member => member.DisplayName);
        (_conflicts, _published, _news) = (new FlowConflicts(_state!), _state!.Flow!.PublishedVersion, null);
        _state.Draft.Presence.Changed += Came;
        Connection.Changed += Connected;
        See();
    }

    private void Part()
    {
        _state!.Draft.Presence.Changed -= Came;
        Connection.Changed -= Connected;
        _conflicts = null;
    }

    private void Connected(bool isThere)
    {
        if (isThere)
        {
            _state!.Draft.Presence.Return(_state);
        }
        else
        {
            _state!.Draft.Presence.Part(_state);
        }
    }

    private void Came() => _ = InvokeAsync(() =>
    {
        See();
        StateHasChanged();
    });

    private void See() => _guests =
        [.. _state!.Draft.Presence.Beside(Scope.Caller.User).Select(guest => new Guest(NameOf(guest.User), WorkspaceScope.Tone(guest.User), guest.Selected))];

    // Somebody edited it, here or elsewhere: on the thread of whoever did.
    private void Edited(FlowEdit edit)
    {
        _conflicts?.Take(edit);
        if (!ReferenceEquals(edit.By, _state))
        {
            _ = InvokeAsync(async () =>
            {
                try
                {
                    await _state!.LookAgainAsync(_stop.Token);
                    StateHasChanged();
                }
                catch (OperationCanceledException)
                {
                    // the page was left
                }
            });
        }
    }

    private void Saved() => _ = InvokeAsync(async () =>
    {
        try
        {
            await HearAsync();
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // the page was left
        }
    });

    // A version that was published elsewhere, with this draft open.
    private async Task HearAsync()
    {
        if (_conflicts is null || _state?.Flow is not { PublishedVersion: { } number } flow || number == _published)
        {
            return;
        }

        _published = number;
        if (!_isPublishing && await Store.ListVersionsAsync(flow.Workspace, flow.Id, null, 1, _stop.Token) is { Items: [var newest, ..] })
        {
            _news = (newest.PublishedBy is { } by ? NameOf(by) : Texts["Together.Somebody"], newest.Number);
        }
    }

    private string NameOf(UserId user) => user == Scope.Caller.User ? Texts["Together.You"] : _members.TryGetValue(user, out var name) ? name : Texts["Together.Somebody"];

    private string NameOf(object page) => _state!.Draft.Presence.UserOf(page) is { } user ? NameOf(user) : Texts["Together.Somebody"];
}
