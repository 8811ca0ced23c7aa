using System.Net;
using System.Text.RegularExpressions;

namespace MistralStudio.Web.Tests.Security;

public sealed partial class BrowserRulesTests(OneServer one) : IClassFixture<OneServer>
{
    [Fact]
    public async Task EveryAnswer_CarriesTheContentPolicy_WithANonceOfItsOwn()
    {
        using var browser = one.Studio.NewBrowser();
        var first = await PolicyOf(browser);
        Assert.Matches(
            "^default-src 'self'; script-src 'self' 'nonce-[^']+'; style-src 'self' 'nonce-[^']+'; style-src-attr 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'.*frame-ancestors 'none'",
            first);
        Assert.NotEqual(first, await PolicyOf(browser));
    }

    [Fact]
    public async Task EveryInlineScript_CarriesTheNonceOfItsAnswer()
    {
        using var browser = one.Studio.NewBrowser();
        var answer = await browser.GetAsync("/sign-in");
        var nonce = Nonce().Match(answer.Headers.GetValues("Content-Security-Policy").Single()).Groups[1].Value;
        var page = await answer.Content.ReadAsStringAsync();
        Assert.All(Script().Matches(page), script => Assert.True(
            script.Value.Contains("src=", StringComparison.Ordinal) || script.Value.Contains($"nonce=\"{nonce}\"", StringComparison.Ordinal), script.Value));
        Assert.DoesNotContain("<style", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<base", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    public async Task ACircuit_IsRefused_ToPagesOfOtherSites(string origin, HttpStatusCode status)
    {
        using var browser = one.Studio.NewBrowser();
        foreach (var path in new[] { "/_blazor/negotiate?negotiateVersion=1", "/w/workspace/_blazor/negotiate?negotiateVersion=1" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Origin", origin } } };
            Assert.Equal(status, (await browser.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task ACircuit_IsGiven_ToItsOwnPages()
    {
        using var browser = one.Studio.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/w/workspace/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Origin", one.Studio.Url.GetLeftPart(UriPartial.Authority) } } };
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("studio.evil.example", HttpStatusCode.BadRequest)]
    [InlineData("localhost", HttpStatusCode.OK)]
    public async Task TheStudio_AnswersToItsOwnNamesOnly(string host, HttpStatusCode status)
    {
        using var browser = one.Studio.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = host } };
        Assert.Equal(status, (await browser.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task OnTheNetworkWithoutAName_TheStudioSaysWhatToDo()
    {
        await using var server = await StudioServer.StartAsync(withOwner: true, "--Studio:Urls=http://0.0.0.0:0");
        using var browser = server.NewBrowser();
        using var refused = await AskAsync(browser, "192.168.1.20");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var said = Assert.Single((await refused.Content.ReadAsStringAsync()).Split('\n'));
        Assert.Contains("\"192.168.1.20\"", said, StringComparison.Ordinal);
        Assert.Contains("Studio__PublicUrl", said, StringComparison.Ordinal);
        using var own = await AskAsync(browser, "localhost");
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task OnTheNetworkWithAName_TheStudioAnswersToItAndToNoOther()
    {
        await using var server = await StudioServer.StartAsync(withOwner: true, "--Studio:Urls=http://0.0.0.0:0", "--Studio:PublicUrl=http://192.168.1.20:5080");
        using var browser = server.NewBrowser();
        using var named = await AskAsync(browser, "192.168.1.20:5080");
        Assert.Equal(HttpStatusCode.OK, named.StatusCode);
        using var other = await AskAsync(browser, "192.168.1.21:5080");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient browser, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = host } };
        return await browser.SendAsync(request);
    }

    private static async Task<string> PolicyOf(HttpClient browser) =>
        (await browser.GetAsync("/sign-in")).Headers.GetValues("Content-Security-Policy").Single();

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();
}
