using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Settings;

/// <summary>The people of a workspace and the invites that wait. Driven by the page, or by a test without a browser.</summary>
public sealed class MembersState(AccountStore accounts, InviteStore invites, StudioOptions studio, WorkspaceScope scope)
{
    /// <summary>Members that <see cref="Search"/> finds; null before <see cref="LoadAsync"/>.</summary>
    public IReadOnlyList<Member>? Members => _members is null ? null : [.. _members.Where(IsFound)];

    /// <summary>Invites that can still be used.</summary>
    public IReadOnlyList<Invite> Invites { get; private set; } = [];

    /// <summary>Part of a name or address.</summary>
    public string Search { get; set; } = "";

    /// <summary>How many people there are.</summary>
    public int Count => _members?.Count ?? 0;

    /// <summary>The address of an invite made just now; it cannot be shown again.</summary>
    public string? NewLink { get; private set; }

    /// <summary>The invite behind <see cref="NewLink"/>.</summary>
    public Invite? NewInvite { get; private set; }

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where links open on this machine only.</summary>
    public bool IsLoopbackOnly => studio.IsLoopbackOnly;

    /// <summary>True where the person governs members.</summary>
    public bool MayManage => scope.May(Permissions.MembersManage);

    private IReadOnlyList<Member>? _members;

    /// <summary>The roles that somebody of this role may hand out: up to their own.</summary>
    public IReadOnlyList<Role> GrantableRoles => MayManage ? MemberRights.Grantable(scope.Role) : [];

    /// <summary>True where the person may change this member: nobody above themselves, and not themselves, lest they lock themselves out.</summary>
    public bool MayChange(Member member) => MayManage && MemberRights.MayChange(scope.Person, scope.Role, member.User, member.Role);

    /// <summary>Reads members and invites.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _members = await accounts.ListMembersAsync(scope.Id, cancellationToken);
        Invites = MayManage ? await invites.ListAsync(scope.Id, cancellationToken) : [];
    }

    /// <summary>Makes an invite for a role; its link is shown once.</summary>
    /// <param name="origin">The address that the page was opened by, for links where no public one is set.</param>
    public async Task InviteAsync(Role role, Uri origin, CancellationToken cancellationToken)
    {
        Error = GrantableRoles.Contains(role) ? null : SettingsErrors.NotAllowed();
        if (Error is not null)
        {
            return;
        }

        var (invite, token) = await invites.CreateAsync(scope.Id, role, scope.Person, cancellationToken);
        NewInvite = invite;
        NewLink = new Uri(studio.PublicUrl ?? origin, $"/invite/{token}").ToString();
        await LoadAsync(cancellationToken);
    }

    /// <summary>Forgets the shown link.</summary>
    public void HideLink() => (NewLink, NewInvite) = (null, null);

    /// <summary>Takes an invite back.</summary>
    public async Task RevokeInviteAsync(InviteId id, CancellationToken cancellationToken)
    {
        Error = null;
        if (MayManage)
        {
            await invites.RevokeAsync(scope.Id, id, scope.Person, cancellationToken);
            if (NewInvite?.Id == id)
            {
                HideLink();
            }

            await LoadAsync(cancellationToken);
        }
    }

    /// <summary>Gives a member another role.</summary>
    public Task ChangeRoleAsync(Member member, Role role, CancellationToken cancellationToken) => ChangeAsync(
        member, () => accounts.ChangeRoleAsync(scope.Id, member.User, role, scope.Person, cancellationToken), GrantableRoles.Contains(role), cancellationToken);

    /// <summary>Suspends a member, or lets them in again; their open pages end within seconds.</summary>
    public Task SuspendAsync(Member member, bool suspended, CancellationToken cancellationToken) =>
        ChangeAsync(member, () => accounts.SuspendAsync(scope.Id, member.User, suspended, scope.Person, cancellationToken), allowed: true, cancellationToken);

    /// <summary>Ends a membership.</summary>
    public Task RemoveAsync(Member member, CancellationToken cancellationToken) =>
        ChangeAsync(member, () => accounts.RemoveAsync(scope.Id, member.User, scope.Person, cancellationToken), allowed: true, cancellationToken);

    private async Task ChangeAsync(Member shown, Func<Task<Result<Unit>>> change, bool allowed, CancellationToken cancellationToken)
    {
        // The page may show a role that has changed since. It passes no token of its own: what was asked for happens, also where it is left at once.
        await LoadAsync(cancellationToken);
        var member = _members!.FirstOrDefault(found => found.User == shown.User);
        if (member is null || !allowed || !MayChange(member))
        {
            Error = member is null ? AccountErrors.MemberNotFound() : SettingsErrors.NotAllowed();
            return;
        }

        Error = (await change()).Error;
        await LoadAsync(cancellationToken);
    }

    private bool IsFound(Member member) => Search.Length == 0
        || member.DisplayName.Contains(Search, StringComparison.CurrentCultureIgnoreCase)
        || member.Email.Contains(Search, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Expected failures of settings.</summary>
public static class SettingsErrors
{
    public static Error NotAllowed() => new(
        "settings.not_allowed", "Your role does not let you do that.", "Ask an Owner: nobody changes people, or hands out rights, above their own role.");

    public static Error NoScopes() => new("settings.no_scopes", "A key without a scope may do nothing.", "Choose at least one.");

    public static Error NoName() => new("settings.no_name", "A key needs a name.", "Say in up to 80 characters which program uses it.");
}
