using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Tests;

public abstract class AccountTests(DataFixture data)
{
    private readonly AccountStore _accounts = data.Get<AccountStore>();
    private readonly InviteStore _invites = data.Get<InviteStore>();
    private readonly ApiKeyStore _keys = data.Get<ApiKeyStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ASecondFirstOwner_IsRefused()
    {
        Assert.True(await _accounts.HasOwnerAsync(Token));
        var second = await _accounts.CreateFirstOwnerAsync(data.NewUser("second@example.com"), "Mine", Token);
        Assert.Equal("account.owner_exists", second.Error?.Code);
    }

    [Fact]
    public async Task TheLastOwner_KeepsTheirRole_AndCannotBeSuspendedOrRemoved()
    {
        var (workspace, owner) = (data.Owner.Workspace, data.Owner.User);
        Assert.Equal("account.last_owner", (await _accounts.ChangeRoleAsync(workspace, owner, Role.Admin, null, Token)).Error?.Code);
        Assert.Equal("account.last_owner", (await _accounts.SuspendAsync(workspace, owner, true, null, Token)).Error?.Code);
        Assert.Equal("account.last_owner", (await _accounts.RemoveAsync(workspace, owner, null, Token)).Error?.Code);
    }

    [Fact]
    public async Task AnInvite_WorksOnce_AndOnlyForSevenDays()
    {
        var (invite, token) = await _invites.CreateAsync(data.Owner.Workspace, Role.Builder, data.Owner.User, Token);
        Assert.Equal(22, token.Length);
        Assert.Equal(TimeSpan.FromDays(7), invite.ExpiresAt - invite.CreatedAt);
        Assert.Equal("Contracts", (await _invites.FindAsync(token, Token))?.WorkspaceName);

        var first = data.NewUser("builder@example.com");
        Assert.Equal(Role.Builder, (await _invites.AcceptAsync(token, first, first.UserId, Token)).Value.Role);
        var late = data.NewUser("late@example.com");
        Assert.Equal("account.invite_unusable", (await _invites.AcceptAsync(token, late, late.UserId, Token)).Error?.Code);
        Assert.DoesNotContain(await _accounts.ListMembersAsync(data.Owner.Workspace, Token), member => member.Email == "late@example.com");

        var (_, expiring) = await _invites.CreateAsync(data.Owner.Workspace, Role.Viewer, data.Owner.User, Token);
        data.Time.Advance(TimeSpan.FromDays(7));
        Assert.Null(await _invites.FindAsync(expiring, Token));
        Assert.Equal("account.invite_unusable", (await _invites.AcceptAsync(expiring, late, late.UserId, Token)).Error?.Code);
    }

    [Fact]
    public async Task AChangeOfRights_ChangesTheStamp()
    {
        var member = await data.JoinAsync("stamped@example.com", Role.Member);
        Assert.True((await _accounts.ChangeRoleAsync(member.Workspace, member.User, Role.Viewer, null, Token)).IsSuccess);
        var demoted = await _accounts.FindMembershipAsync(member.Workspace, member.User, Token);
        Assert.NotEqual(member.Stamp, demoted!.Stamp);
        Assert.True((await _accounts.SuspendAsync(member.Workspace, member.User, true, null, Token)).IsSuccess);
        Assert.NotNull((await _accounts.FindMembershipAsync("contracts", member.User, Token))!.SuspendedAt);
    }

    [Fact]
    public async Task AMemberOfAnotherWorkspace_IsUnknown()
    {
        var elsewhere = DataFixture.Elsewhere();
        Assert.Equal("account.member_not_found", (await _accounts.ChangeRoleAsync(elsewhere, data.Owner.User, Role.Viewer, null, Token)).Error?.Code);
        Assert.Null(await _accounts.FindMembershipAsync(elsewhere, data.Owner.User, Token));
        Assert.Empty(await _accounts.ListMembersAsync(elsewhere, Token));
    }

    [Fact]
    public async Task AKey_ActsAsItsScopes_CutWithItsCreatorsPresentRole()
    {
        var builder = await data.JoinAsync("keyed@example.com", Role.Builder);
        var (key, token) = (await _keys.CreateAsync(
            builder.Workspace, builder.User, "scripts", [Permissions.ModelsUse, Permissions.KnowledgeWrite, Permissions.MembersManage], null, Token)).Value;
        Assert.StartsWith("ms_", token, StringComparison.Ordinal);

        var found = (await _keys.AuthenticateAsync(token, Token))!.Value;
        Assert.Equal(builder.Workspace, found.Caller.Workspace);
        Assert.Equal([Permissions.KnowledgeWrite, Permissions.ModelsUse], found.Caller.Granted.Order(StringComparer.Ordinal));

        await _accounts.ChangeRoleAsync(builder.Workspace, builder.User, Role.Member, null, Token);
        Assert.Equal([Permissions.ModelsUse], (await _keys.AuthenticateAsync(token, Token))!.Value.Caller.Granted);

        await _accounts.SuspendAsync(builder.Workspace, builder.User, true, null, Token);
        Assert.Null(await _keys.AuthenticateAsync(token, Token));
        await _accounts.SuspendAsync(builder.Workspace, builder.User, false, null, Token);
        Assert.NotNull(await _keys.AuthenticateAsync(token, Token));

        Assert.Equal("account.key_not_found", (await _keys.RevokeAsync(DataFixture.Elsewhere(), key.Id, null, null, Token)).Error?.Code);
        Assert.True((await _keys.RevokeAsync(builder.Workspace, key.Id, null, null, Token)).IsSuccess);
        Assert.Null(await _keys.AuthenticateAsync(token, Token));
    }

    [Fact]
    public async Task AKey_EndsWithItsExpiry_AndUnknownScopesAreRefused()
    {
        var expires = data.Time.GetUtcNow().AddDays(1);
        var (_, token) = (await _keys.CreateAsync(data.Owner.Workspace, data.Owner.User, "short", [Permissions.ModelsUse], expires, Token)).Value;
        Assert.NotNull(await _keys.AuthenticateAsync(token, Token));
        data.Time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await _keys.AuthenticateAsync(token, Token));
        Assert.Null(await _keys.AuthenticateAsync("ms_unknown", Token));
        Assert.Equal("account.unknown_scope", (await _keys.CreateAsync(
            data.Owner.Workspace, data.Owner.User, "wrong", ["everything"], null, Token)).Error?.Code);
    }

    [Fact]
    public async Task NoTokenIsStored()
    {
        var (_, key) = (await _keys.CreateAsync(data.Owner.Workspace, data.Owner.User, "secret", [Permissions.ModelsUse], null, Token)).Value;
        var (_, invite) = await _invites.CreateAsync(data.Owner.Workspace, Role.Viewer, data.Owner.User, Token);

        // The files beside a database go with its last connection, whoever closes that: hold one.
        await using var context = await data.Get<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token);
        await context.Database.OpenConnectionAsync(Token);
        var everything = await data.ReadEverythingAsync();
        Assert.Contains("owner@example.com", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(key, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(invite, everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memberships_AreFoundByUser()
    {
        var member = await data.JoinAsync("listed@example.com", Role.Viewer);
        Assert.Equal(member.Workspace, Assert.Single(await _accounts.ListMembershipsAsync(member.User, Token)).Workspace);
        Assert.Empty(await _accounts.ListMembershipsAsync(UserId.New(), Token));
        Assert.Equal(data.Owner.User, (await _accounts.FindDefaultOwnerAsync(Token))!.User);
    }

    public sealed class OnSqlite(SqliteData data) : AccountTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : AccountTests(data.OrSkip()), IClassFixture<PostgresData>;
}
