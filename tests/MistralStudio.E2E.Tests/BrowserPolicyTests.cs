using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>What strangers see, and a page with foreign text in it, keeps to the policy as every page of the workspace does.</summary>
public sealed class BrowserPolicyTests(BrowserFixture browser) : BrowserTests, IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task PublicPages_KeepToThePolicy_AndToTheirOwnHost()
    {
        await using var studio = await SignedInStudio.StartAsync();
        var app = await studio.PostAsync("/api/apps", new { name = "Desk", welcome = "![pixel](https://example.com/p.png) **Hello**" });
        await studio.PostAsync($"/api/apps/{app.GetProperty("id")}/versions");
        var link = await studio.PostAsync($"/api/apps/{app.GetProperty("id")}/link");
        var invite = await studio.PostAsync("/api/members/invites", new { role = "viewer" });

        var stranger = await (await browser.Browser.NewContextAsync()).NewPageAsync();
        await VisitAsync(
            studio, stranger, "sign-in", "setup", "not-found", "forbidden", "docs/", new Uri(invite.GetProperty("url").GetString()!).AbsolutePath[1..],
            new Uri(link.GetProperty("url").GetString()!).AbsolutePath[1..]);
        var owner = await studio.SignInAsync(browser.Browser);
        await VisitAsync(studio, owner, "w/workspace", $"a/{app.GetProperty("slug")}");
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
        var watch = await PageWatch.StartAsync(page, studio.Process.Url);
        foreach (var path in paths)
        {
            await page.GotoAsync($"{studio.Process.Url}{path}", new() { WaitUntil = WaitUntilState.NetworkIdle });
        }

        Assert.Empty(watch.Faults);
        Assert.True(watch.Requests > paths.Length);
    }
}
