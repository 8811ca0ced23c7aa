using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Tests;

/// <summary>What must end with a membership, and what an invite must not tell.</summary>
public abstract class AccountRightsTests(DataFixture data)
{
    private readonly AccountStore _accounts = data.Get<AccountStore>();
    private readonly InviteStore _invites = data.Get<InviteStore>();
    private readonly ApiKeyStore _keys = data.Get<ApiKeyStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AWorthlessInvite_DoesNotTell_WhichAddressesHaveAnAccount()
    {
        var known = data.NewUser("owner@example.com");
        var unknown = data.NewUser("nobody@example.com");
        var toKnown = await _invites.AcceptAsync("no-such-token", known, known.UserId, Token);
        var toUnknown = await _invites.AcceptAsync("no-such-token", unknown, unknown.UserId, Token);
        Assert.Equal("account.invite_unusable", toKnown.Error?.Code);
        Assert.Equal(toUnknown.Error, toKnown.Error);
    }

    [Fact]
    public async Task ATakenAddress_LeavesTheInviteUsable()
    {
        var (_, token) = await _invites.CreateAsync(data.Owner.Workspace, Role.Member, data.Owner.User, Token);
        var known = data.NewUser("owner@example.com");
        Assert.Equal("account.email_taken", (await _invites.AcceptAsync(token, known, known.UserId, Token)).Error?.Code);
        Assert.NotNull(await _invites.FindAsync(token, Token));
    }

    [Fact]
    public async Task AKeyOfARemovedMember_StaysDead_WhenTheyJoinAgain()
    {
        var member = await data.JoinAsync("back@example.com", Role.Builder);
        var (_, key) = (await _keys.CreateAsync(member.Workspace, member.User, "old", [Permissions.ModelsUse], null, Token)).Value;
        Assert.True((await _accounts.RemoveAsync(member.Workspace, member.User, null, Token)).IsSuccess);
        Assert.Null(await _keys.AuthenticateAsync(key, Token));

        var (_, invite) = await _invites.CreateAsync(data.Owner.Workspace, Role.Builder, data.Owner.User, Token);
        Assert.True((await _invites.AcceptAsync(invite, null, member.User, Token)).IsSuccess);
        Assert.Null(await _keys.AuthenticateAsync(key, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheInvitesOfWhoLostTheirPlace_OpenNothing(bool suspended)
    {
        var admin = await data.JoinAsync($"admin-{suspended}@example.com", Role.Admin);
        var (_, token) = await _invites.CreateAsync(admin.Workspace, Role.Admin, admin.User, Token);
        Assert.True((suspended
            ? await _accounts.SuspendAsync(admin.Workspace, admin.User, true, null, Token)
            : await _accounts.RemoveAsync(admin.Workspace, admin.User, null, Token)).IsSuccess);

        Assert.Null(await _invites.FindAsync(token, Token));
        var friend = data.NewUser($"friend-{suspended}@example.com");
        Assert.Equal("account.invite_unusable", (await _invites.AcceptAsync(token, friend, friend.UserId, Token)).Error?.Code);
    }

    [Fact]
    public async Task TwoAtOnce_UseAnInviteOnce()
    {
        var (_, token) = await _invites.CreateAsync(data.Owner.Workspace, Role.Viewer, data.Owner.User, Token);
        var accepted = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            var user = data.NewUser($"racer{number}@example.com");
            return (await _invites.AcceptAsync(token, user, user.UserId, Token)).IsSuccess;
        }));
        Assert.Single(accepted, won => won);
    }

    public sealed class OnSqlite(SqliteData data) : AccountRightsTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : AccountRightsTests(data.OrSkip()), IClassFixture<PostgresData>;
}
