using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>No page breaks the content policy, asks another host for anything, or leaves an error in the console.</summary>
public sealed class BrowserPolicyTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task EveryPage_KeepsToThePolicy_AndToItsOwnHost()
    {
        await using var studio = await SignedInStudio.StartAsync();
        var knowledge = await studio.PostAsync("/api/knowledge-bases", new { name = "Filings" });
        var app = await studio.PostAsync("/api/apps", new { name = "Desk", welcome = "![pixel](https://example.com/p.png) **Hello**" });
        await studio.PostAsync($"/api/apps/{app.GetProperty("id")}/versions");
        var link = await studio.PostAsync($"/api/apps/{app.GetProperty("id")}/link");
        var invite = await studio.PostAsync("/api/members/invites", new { role = "viewer" });

        var stranger = await (await browser.Browser.NewContextAsync()).NewPageAsync();
        await VisitAsync(
            studio, stranger, "sign-in", "setup", "not-found", "forbidden", "docs/", new Uri(invite.GetProperty("url").GetString()!).AbsolutePath[1..],
            new Uri(link.GetProperty("url").GetString()!).AbsolutePath[1..]);
        var owner = await studio.SignInAsync(browser.Browser);
        await VisitAsync(
            studio, owner, "w/workspace", "w/workspace/playground", "w/workspace/knowledge", $"w/workspace/knowledge/{knowledge.GetProperty("id")}",
            $"w/workspace/knowledge/{knowledge.GetProperty("id")}?tab=ask", "w/workspace/apps", $"w/workspace/apps/{app.GetProperty("id")}", "w/workspace/models",
            "w/workspace/settings", "w/workspace/settings/keys", "w/workspace/settings/members", $"a/{app.GetProperty("slug")}");
    }

    [Fact]
    public async Task APageOfAnotherSite_OpensNoCircuit()
    {
        await using var studio = await SignedInStudio.StartAsync();
        var page = await (await browser.Browser.NewContextAsync()).NewPageAsync();
        await page.RouteAsync("http://evil.example/", route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<p>x</p>" }));
        await page.GotoAsync("http://evil.example/");
        var opened = await page.EvaluateAsync<bool>(
            """
            url => new Promise(resolve => {
                const socket = new WebSocket(url);
                socket.onopen = () => resolve(true);
                socket.onerror = () => resolve(false);
            })
            """,
            $"ws://{studio.Process.Url.Authority}/_blazor");
        Assert.False(opened);
    }

    private static async Task VisitAsync(SignedInStudio studio, IPage page, params string[] paths)
    {
        var said = new ConcurrentQueue<string>();
        page.Console += (_, message) =>
        {
            // A page that is not there is answered with its status, which the browser calls an error.
            if (message.Type is "error" && !message.Text.Contains("status of 404", StringComparison.Ordinal))
            {
                said.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        page.PageError += (_, error) => said.Enqueue($"{page.Url}: {error}");
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" or "ws" or "wss" } asked && asked.Authority != studio.Process.Url.Authority)
            {
                said.Enqueue($"{page.Url} asks {asked}");
            }
        };
        await page.AddInitScriptAsync("document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))");
        foreach (var path in paths)
        {
            await page.GotoAsync($"{studio.Process.Url}{path}", new() { WaitUntil = WaitUntilState.NetworkIdle });
        }

        Assert.True(said.IsEmpty, string.Join("\n", said));
    }
}
