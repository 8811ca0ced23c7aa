using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace MistralStudio.Web.Tests.Security;

public sealed partial class BrowserRulesTests
{
    [Fact]
    public async Task EveryPageAndEndpoint_NamesItsPermission_OrSaysThatItIsForAll()
    {
        await using var server = await StudioServer.StartAsync();
        var nameless = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is null && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
            .Select(endpoint => endpoint.RoutePattern.RawText!)
            // The framework's own: its socket, its scripts, and in a build folder the files of wwwroot.
            .Where(pattern => pattern != "{**path:file}" && !pattern.TrimStart('/').StartsWith("_blazor", StringComparison.Ordinal) && !pattern.TrimStart('/').StartsWith("_framework", StringComparison.Ordinal));
        Assert.Empty(nameless);
    }

    [Fact]
    public async Task EveryAnswer_CarriesTheContentPolicy_WithANonceOfItsOwn()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        var first = await PolicyOf(browser);
        Assert.Matches(
            "^default-src 'self'; script-src 'self' 'nonce-[^']+'; style-src 'self' 'nonce-[^']+'; style-src-attr 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'.*frame-ancestors 'none'",
            first);
        Assert.NotEqual(first, await PolicyOf(browser));
    }

    [Fact]
    public async Task EveryInlineScript_CarriesTheNonceOfItsAnswer()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
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
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        foreach (var path in new[] { "/_blazor/negotiate?negotiateVersion=1", "/w/workspace/_blazor/negotiate?negotiateVersion=1" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Origin", origin } } };
            Assert.Equal(status, (await browser.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task ACircuit_IsGiven_ToItsOwnPages()
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/w/workspace/_blazor/negotiate?negotiateVersion=1") { Headers = { { "Origin", server.Url.GetLeftPart(UriPartial.Authority) } } };
        Assert.Equal(HttpStatusCode.OK, (await browser.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("studio.evil.example", HttpStatusCode.BadRequest)]
    [InlineData("localhost", HttpStatusCode.OK)]
    public async Task TheStudio_AnswersToItsOwnNamesOnly(string host, HttpStatusCode status)
    {
        await using var server = await StudioServer.StartAsync();
        using var browser = server.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = host } };
        Assert.Equal(status, (await browser.SendAsync(request)).StatusCode);
    }

    private static async Task<string> PolicyOf(HttpClient browser) =>
        (await browser.GetAsync("/sign-in")).Headers.GetValues("Content-Security-Policy").Single();

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();
}
