using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Accounts;

namespace MistralStudio.Web.Tests.Accounts;

public sealed class AccountPagesTests
{
    [Fact]
    public async Task SetUp_RefusesAWrongCode_AndTakesTheOneThatTheConsolePrinted()
    {
        await using var server = await StudioServer.StartAsync(withOwner: false);
        using var browser = server.NewBrowser();
        var accounts = server.Services.GetRequiredService<AccountStore>();
        await SetUpAsync(browser, "wrong");
        Assert.False(await accounts.HasOwnerAsync(CancellationToken.None));

        var answer = await SetUpAsync(browser, server.Services.GetRequiredService<SetupCode>().Value);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.True(await accounts.HasOwnerAsync(CancellationToken.None));
    }

    [Fact]
    public async Task SetUp_IsOver_OnceThereIsAnOwner()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var code = server.Services.GetRequiredService<SetupCode>().Value;
        var page = await browser.GetStringAsync($"/setup?code={code}");
        Assert.DoesNotContain("name=\"Password\"", page, StringComparison.Ordinal);
        Assert.Single(await server.Services.GetRequiredService<AccountStore>().ListMembersAsync((await server.OwnerAsync()).Workspace, CancellationToken.None));
    }

    [Fact]
    public async Task SignIn_AnswersTheSame_ForAnUnknownAddressAndAWrongPassword()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var known = await StudioServer.PostFormAsync(browser, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", "wrong password"));
        var unknown = await StudioServer.PostFormAsync(browser, "/sign-in", ("Email", "nobody@example.com"), ("Password", "wrong password"));
        Assert.Equal(known.StatusCode, unknown.StatusCode);
        Assert.Equal(await StudioServer.TextOf(known), await StudioServer.TextOf(unknown));
    }

    [Fact]
    public async Task SignIn_Rests_AfterFiveWrongPasswords()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        for (var i = 0; i < 5; i++)
        {
            await StudioServer.PostFormAsync(browser, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", "wrong password"));
        }

        var right = await StudioServer.PostFormAsync(browser, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    [Theory]
    [InlineData("/w/workspace/settings", "/w/workspace/settings")]
    [InlineData("//evil.example/", "/")]
    [InlineData("https://evil.example/", "/")]
    public async Task SignIn_LeadsBack_ToAddressesOfItsOwnOnly(string returnUrl, string leadsTo)
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var answer = await StudioServer.PostFormAsync(
            browser, $"/sign-in?ReturnUrl={Uri.EscapeDataString(returnUrl)}", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        Assert.Equal(new Uri(server.Url, leadsTo), new Uri(server.Url, answer.Headers.Location!));
    }

    [Fact]
    public async Task AStranger_IsLedToSignIn_WithTheWayBack()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var answer = await browser.GetAsync("/w/workspace/settings");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("?ReturnUrl=%2Fw%2Fworkspace%2Fsettings", new Uri(server.Url, answer.Headers.Location!).Query);
    }

    [Fact]
    public async Task AnInvite_LetsOnePersonJoin_WithItsRole()
    {
        await using var server = await StudioServer.StartAsync();
        var owner = await server.OwnerAsync();
        var (_, token) = await server.Services.GetRequiredService<InviteStore>().CreateAsync(owner.Workspace, Role.Builder, owner.User, CancellationToken.None);
        using var first = server.NewBrowser();
        var joined = await StudioServer.PostFormAsync(
            first, $"/invite/{token}", ("Email", "second@example.com"), ("DisplayName", "Second"), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.Redirect, joined.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/w/workspace/settings/keys")).StatusCode);

        var members = await server.Services.GetRequiredService<AccountStore>().ListMembersAsync(owner.Workspace, CancellationToken.None);
        Assert.Equal(Role.Builder, Assert.Single(members, member => member.Email == "second@example.com").Role);
        using var second = server.NewBrowser();
        Assert.DoesNotContain("name=\"Password\"", await second.GetStringAsync($"/invite/{token}"), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> SetUpAsync(HttpClient browser, string code) => StudioServer.PostFormAsync(
        browser, $"/setup?code={code}", ("Email", StudioServer.OwnerEmail), ("DisplayName", "Owner"), ("Password", StudioServer.Password), ("Workspace", "Workspace"));
}
