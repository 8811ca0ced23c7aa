using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Settings;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.MembersApi;

/// <summary>The people of a workspace and the invites that wait, under <c>/api/members</c>.</summary>
public static class MemberEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapMembersApi(this IEndpointRouteBuilder app)
    {
        var members = app.MapGroup("/api/members").WithTags("Members").GuardCookies();
        members.MapGet("/", ListAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("Members, newest first.").Produces<WirePage<WireMember>>().ProducesProblems(422);
        members.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("One member, with the ETag of their rights.").Produces<WireMember>().ProducesProblems(404);
        members.MapPatch("/{id:guid}", ChangeAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("Gives a member another role, suspends them or lets them in again; If-Match names the ETag that was read.")
            .Produces<WireMember>().ProducesProblems(404, 409, 412, 422, 428);
        members.MapDelete("/{id:guid}", RemoveAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("Ends a membership with its keys; what runs by it ends within seconds.").Produces(204).ProducesProblems(404, 409);
        members.MapPost("/invites", InviteAsync).RequirePermission(Permissions.MembersManage).WithIdempotency()
            .WithSummary("Makes an invite for one person, valid for seven days; its address is answered once.")
            .Produces<WireInvite>(201).ProducesProblems(422);
        members.MapGet("/invites", ListInvitesAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("Invites that can still be used, newest first.").Produces<WirePage<WireInvite>>().ProducesProblems();
        members.MapDelete("/invites/{invite:guid}", RevokeInviteAsync).RequirePermission(Permissions.MembersManage)
            .WithSummary("Takes an invite back.").Produces(204).ProducesProblems(404);
    }

    private static Task<IResult> ListAsync(HttpContext http, [FromServices] AccountStore accounts, string? after, int? limit) =>
        PageSize.AnswerAsync(limit, async size => await accounts.ListMembersAsync(http.GetCaller().Workspace, after, size, http.RequestAborted), WireMember.From);

    private static async Task<IResult> FindAsync(UserId id, HttpContext http, [FromServices] AccountStore accounts) =>
        await accounts.FindMemberAsync(http.GetCaller().Workspace, id, http.RequestAborted) is { } found
            ? Show(http, found)
            : ErrorResults.From(AccountErrors.MemberNotFound());

    private static async Task<IResult> ChangeAsync(UserId id, WireMemberChange body, HttpContext http, [FromServices] AccountStore accounts)
    {
        Role? role = null;
        if (body.Role is not null)
        {
            if (!WireRole.TryRead(body.Role, out var named))
            {
                return ErrorResults.From(MemberApiErrors.UnknownRole(body.Role));
            }

            role = named;
        }

        if (role is null && body.Suspended is null)
        {
            return ErrorResults.From(MemberApiErrors.NothingToChange());
        }

        var tag = http.ReadTag();
        if (!tag.IsSuccess)
        {
            return ErrorResults.From(tag.Error);
        }

        var workspace = http.GetCaller().Workspace;
        var member = await FindChangeableAsync(id, role, http, accounts);
        if (!member.IsSuccess)
        {
            return ErrorResults.From(member.Error);
        }

        if (!Guid.TryParse(tag.Value, out var stamp) || stamp != member.Value.Stamp)
        {
            return ErrorResults.From(AccountErrors.Conflict());
        }

        var changed = await accounts.ChangeAsync(workspace, id, stamp, role, body.Suspended, http.GetCaller().User, http.RequestAborted);
        return changed.IsSuccess ? await FindAsync(id, http, accounts) : ErrorResults.From(changed.Error);
    }

    private static async Task<IResult> RemoveAsync(UserId id, HttpContext http, [FromServices] AccountStore accounts)
    {
        var member = await FindChangeableAsync(id, null, http, accounts);
        var removed = member.IsSuccess ? await accounts.RemoveAsync(http.GetCaller().Workspace, id, http.GetCaller().User, http.RequestAborted) : member.Error;
        return removed.Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static async Task<IResult> InviteAsync(
        WireNewInvite body, HttpContext http, [FromServices] AccountStore accounts, [FromServices] InviteStore invites, [FromServices] StudioOptions studio)
    {
        if (!WireRole.TryRead(body.Role, out var role))
        {
            return ErrorResults.From(MemberApiErrors.UnknownRole(body.Role ?? ""));
        }

        if (await FindActingAsync(http, accounts) is not { } acting || !MemberRights.Grantable(acting.Role).Contains(role))
        {
            return ErrorResults.From(SettingsErrors.NotAllowed());
        }

        var (invite, token) = await invites.CreateAsync(acting.Workspace, role, acting.User, http.RequestAborted);
        return TypedResults.Created($"/api/members/invites/{invite.Id}", WireInvite.From(invite, studio.LinkTo($"/invite/{token}", http.Request)));
    }

    private static async Task<IResult> ListInvitesAsync(HttpContext http, [FromServices] InviteStore invites) =>
        TypedResults.Ok(new WirePage<WireInvite>([.. (await invites.ListAsync(http.GetCaller().Workspace, http.RequestAborted)).Select(WireInvite.From)], null));

    private static async Task<IResult> RevokeInviteAsync(InviteId invite, HttpContext http, [FromServices] InviteStore invites) =>
        await invites.RevokeAsync(http.GetCaller().Workspace, invite, http.GetCaller().User, http.RequestAborted)
            ? TypedResults.NoContent()
            : ErrorResults.From(MemberApiErrors.InviteNotFound());

    private static async Task<Result<Member>> FindChangeableAsync(UserId id, Role? becomes, HttpContext http, AccountStore accounts)
    {
        if (await accounts.FindMemberAsync(http.GetCaller().Workspace, id, http.RequestAborted) is not { } member)
        {
            return AccountErrors.MemberNotFound();
        }

        var allowed = await FindActingAsync(http, accounts) is { } acting
            && MemberRights.MayChange(acting.User, acting.Role, id, member.Role)
            && (becomes is not { } role || MemberRights.Grantable(acting.Role).Contains(role));
        return allowed ? member : SettingsErrors.NotAllowed();
    }

    // A key acts in its creator's present role, which its scopes do not tell.
    private static async Task<Membership?> FindActingAsync(HttpContext http, AccountStore accounts) => http.GetCaller() is { User: { } user } caller
        ? await accounts.FindMembershipAsync(caller.Workspace, user, http.RequestAborted)
        : null;

    private static IResult Show(HttpContext http, Member member)
    {
        http.SetTag(member.Stamp.ToString("N"));
        return TypedResults.Ok(WireMember.From(member));
    }
}

/// <summary>Expected failures of this address.</summary>
internal static class MemberApiErrors
{
    public static Error UnknownRole(string role) => new(
        "account.unknown_role", $"\"{role}\" is no role.", "role may be viewer, member, builder, admin or owner.");

    public static Error NothingToChange() => new("account.nothing_to_change", "The change names nothing to change.", "Send role, suspended, or both.");

    public static Error InviteNotFound() => new("account.invite_not_found", "There is no such invite in the workspace.", "It may have been used or taken back; list them again.");
}
