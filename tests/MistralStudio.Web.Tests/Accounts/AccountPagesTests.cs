using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.Accounts;

namespace MistralStudio.Web.Tests.Accounts;

public sealed class AccountPagesTests(OneServer one) : IClassFixture<OneServer>
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
        using var browser = one.Studio.NewBrowser();
        var code = one.Studio.Services.GetRequiredService<SetupCode>().Value;
        var page = await browser.GetStringAsync($"/setup?code={code}");
        Assert.DoesNotContain("name=\"Password\"", page, StringComparison.Ordinal);
        await browser.PostAsync($"/setup?code={code}", new FormUrlEncodedContent([new("Email", "late@example.com"), new("DisplayName", "Late"), new("Password", StudioServer.Password), new("Workspace", "Mine")]));
        var members = await one.Studio.Services.GetRequiredService<AccountStore>().ListMembersAsync((await one.Studio.OwnerAsync()).Workspace, CancellationToken.None);
        Assert.DoesNotContain(members, member => member.Email == "late@example.com");
    }

    [Fact]
    public async Task SignIn_AnswersTheSame_ForAnUnknownAddressAndAWrongPassword()
    {
        using var browser = one.Studio.NewBrowser();
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
        using var browser = one.Studio.NewBrowser();
        var answer = await StudioServer.PostFormAsync(
            browser, $"/sign-in?ReturnUrl={Uri.EscapeDataString(returnUrl)}", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        Assert.Equal(new Uri(one.Studio.Url, leadsTo), new Uri(one.Studio.Url, answer.Headers.Location!));
    }

    [Fact]
    public async Task AStranger_IsLedToSignIn_WithTheWayBack()
    {
        using var browser = one.Studio.NewBrowser();
        var answer = await browser.GetAsync("/w/workspace/settings");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("?ReturnUrl=%2Fw%2Fworkspace%2Fsettings", new Uri(one.Studio.Url, answer.Headers.Location!).Query);
    }

    [Fact]
    public async Task AnInvite_LetsOnePersonJoin_WithItsRole()
    {
        var owner = await one.Studio.OwnerAsync();
        var (_, token) = await one.Studio.Services.GetRequiredService<InviteStore>().CreateAsync(owner.Workspace, Role.Builder, owner.User, CancellationToken.None);
        using var first = one.Studio.NewBrowser();
        var joined = await StudioServer.PostFormAsync(
            first, $"/invite/{token}", ("Email", "second@example.com"), ("DisplayName", "Second"), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.Redirect, joined.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/w/workspace/settings/keys")).StatusCode);

        var members = await one.Studio.Services.GetRequiredService<AccountStore>().ListMembersAsync(owner.Workspace, CancellationToken.None);
        Assert.Equal(Role.Builder, Assert.Single(members, member => member.Email == "second@example.com").Role);
        using var second = one.Studio.NewBrowser();
        Assert.DoesNotContain("name=\"Password\"", await second.GetStringAsync($"/invite/{token}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("a long and wrong password")]
    public async Task AnInvite_DoesNotTell_WhichAddressesHaveAnAccount(string password)
    {
        var owner = await one.Studio.OwnerAsync();
        var (_, token) = await one.Studio.Services.GetRequiredService<InviteStore>().CreateAsync(owner.Workspace, Role.Viewer, owner.User, CancellationToken.None);
        using var browser = one.Studio.NewBrowser();
        var known = await StudioServer.PostFormAsync(browser, $"/invite/{token}", ("Email", StudioServer.OwnerEmail), ("DisplayName", "Guess"), ("Password", password));
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        if (password.Length < 10)
        {
            var unknown = await StudioServer.PostFormAsync(browser, $"/invite/{token}", ("Email", "nobody@example.com"), ("DisplayName", "Guess"), ("Password", password));
            Assert.Equal((await StudioServer.TextOf(unknown)).Replace("nobody", "owner", StringComparison.Ordinal), await StudioServer.TextOf(known));
        }
    }

    [Fact]
    public async Task Passwords_AreTakenThirtyTimesAMinuteFromOneAddress()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        HttpResponseMessage answer;
        var tries = 0;
        do
        {
            answer = await browser.PostAsync("/sign-in", new FormUrlEncodedContent([]));
        }
        while (answer.StatusCode != HttpStatusCode.TooManyRequests && ++tries < 100);
        Assert.Equal(30, tries);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task ACopiedCookie_EndsWithTheSignOut()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var signedIn = await StudioServer.PostFormAsync(browser, "/sign-in", ("Email", StudioServer.OwnerEmail), ("Password", StudioServer.Password));
        using var other = await server.SignInAsync();
        using var copy = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = server.Url };
        copy.DefaultRequestHeaders.Add("Cookie", string.Join("; ", signedIn.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0])));
        Assert.Equal(HttpStatusCode.OK, (await copy.GetAsync("/w/workspace/settings")).StatusCode);

        var left = await StudioServer.PostFormAsync(browser, "/w/workspace", "/sign-out");
        Assert.Equal("/sign-in", left.Headers.Location!.OriginalString);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while ((await copy.GetAsync("/w/workspace/settings", limit.Token)).StatusCode == HttpStatusCode.OK)
        {
        }

        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/w/workspace/settings")).StatusCode);
    }

    private static Task<HttpResponseMessage> SetUpAsync(HttpClient browser, string code) => StudioServer.PostFormAsync(
        browser, $"/setup?code={code}", ("Email", StudioServer.OwnerEmail), ("DisplayName", "Owner"), ("Password", StudioServer.Password), ("Workspace", "Workspace"));
}
