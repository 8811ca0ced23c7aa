using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Features.MembersApi;

/// <summary>A member; <c>role</c> in lower case, <c>suspendedAt</c> null unless suspended.</summary>
internal sealed record WireMember(UserId Id, string Name, string Email, string Role, DateTimeOffset JoinedAt, DateTimeOffset? SuspendedAt)
{
    public static WireMember From(Member member) =>
        new(member.User, member.DisplayName, member.Email, WireRole.Write(member.Role), member.JoinedAt, member.SuspendedAt);
}

/// <summary>What may be changed of a member; what is absent stays.</summary>
internal sealed record WireMemberChange(string? Role, bool? Suspended);

/// <summary>The body that makes an invite.</summary>
internal sealed record WireNewInvite(string? Role);

/// <summary>An invite that waits; <c>url</c> comes once, with the answer that made it.</summary>
internal sealed record WireInvite(InviteId Id, string Role, string? Url, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt)
{
    public static WireInvite From(Invite invite) => From(invite, null);

    public static WireInvite From(Invite invite, Uri? url) => new(invite.Id, WireRole.Write(invite.Role), url?.ToString(), invite.CreatedAt, invite.ExpiresAt);
}

/// <summary>Roles as the wire names them.</summary>
internal static class WireRole
{
    public static string Write(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>False for what is no role; a number is none.</summary>
    public static bool TryRead(string? text, out Role role) =>
        Enum.TryParse(text, ignoreCase: true, out role) && Enum.IsDefined(role) && !char.IsAsciiDigit(text![0]) && text[0] is not ('+' or '-' or ' ');
}
