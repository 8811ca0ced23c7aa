using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>What holds for each page: nobody else is asked, the first visit is light, everyone can use it.</summary>
[Collection(StudioCollection.Name)]
public sealed class PageTests(SharedStudio studio) : BrowserTests
{
    private const long MostBytes = 400_000;

    [Theory]
    [InlineData(ColorScheme.Light, 1440, 900)]
    [InlineData(ColorScheme.Dark, 390, 844)]
    public async Task Pages_HoldTheRulesOfAccessibility_AndFitTheirScreen(ColorScheme theme, int width, int height)
    {
        var stranger = await studio.NewPageAsync(signedIn: false, width, height, theme);
        var strangerWatch = await PageWatch.StartAsync(stranger, studio.Server.Url);
        foreach (var path in new[] { "sign-in", "setup", "setup?code=used", "invite/unknown", "forbidden", "w/contracts/nothing" })
        {
            await stranger.GotoAsync($"{studio.Server.Url}{path}");
            await CheckAsync(stranger, path);
        }

        var owner = await studio.NewPageAsync(signedIn: true, width, height, theme);
        var ownerWatch = await PageWatch.StartAsync(owner, studio.Server.Url);
        await owner.GotoAsync(studio.Url());
        await owner.Locator(".things, .steps").First.WaitForAsync();
        await CheckAsync(owner, "home");
        await owner.GotoAsync(studio.Url("playground"));
        await owner.Locator("[data-ready]").WaitForAsync();
        await CheckAsync(owner, "playground, empty");
        await owner.ClickAsync("[data-send]");
        await owner.Locator(".composer [role=alert]").WaitForAsync();
        await CheckAsync(owner, "playground, refused");
        await owner.Locator("textarea").Last.FillAsync("Write a Python function.");
        await owner.Keyboard.PressAsync("Control+Enter");
        await owner.Locator(".numbers").WaitForAsync();
        await studio.RewriteAnswerAsync(owner, $"# Title\n\nText with `code` and [a link](https://example.com).\n\n- one\n- two\n\n```python\n# a comment\nprint(\"{new string('x', 300)}\")\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted");
        await owner.ClickAsync(".timing");
        await owner.Locator("[data-coloured] [class^=hljs]").First.WaitForAsync();
        await CheckAsync(owner, "playground, answered");
        await owner.EvaluateAsync("document.querySelector('dialog[data-keys]').showModal()");
        await CheckAsync(owner, "keys");
        Assert.Empty(strangerWatch.Faults);
        Assert.Empty(ownerWatch.Faults);
    }

    [Theory]
    [InlineData("", ".steps, .things")]
    [InlineData("playground", "[data-ready]")]
    public async Task FirstVisit_IsLight_AndEverythingInItCompressed(string path, string ready)
    {
        var page = await studio.NewPageAsync();
        var network = await page.Context.NewCDPSessionAsync(page);
        await network.SendAsync("Network.enable");
        long bytes = 0;
        network.Event("Network.loadingFinished").OnEvent += (_, finished) => Interlocked.Add(ref bytes, (long)finished!.Value.GetProperty("encodedDataLength").GetDouble());
        List<IResponse> answers = [];
        page.Response += (_, answer) => answers.Add(answer);
        await page.GotoAsync(studio.Url(path), new() { WaitUntil = WaitUntilState.NetworkIdle });
        await page.Locator(ready).First.WaitForAsync();

        TestContext.Current.SendDiagnosticMessage($"First visit of /{path}: {bytes:N0} bytes in {answers.Count} answers");
        Assert.InRange(Interlocked.Read(ref bytes), 1, MostBytes);
        Assert.All(answers.Where(IsText).ToList(), answer => Assert.True(answer.Headers.ContainsKey("content-encoding"), answer.Url));
    }

    [Fact]
    public async Task Keys_OpenTheirList_LeadToPages_AndCanBeTurnedOff()
    {
        var page = await studio.NewPageAsync();
        await page.GotoAsync(studio.Url("playground"));
        await page.Locator("[data-ready]").WaitForAsync();
        await page.Locator(".cbox textarea").PressAsync("?");
        Assert.Equal("?", await page.InputValueAsync(".cbox textarea"));

        await page.Locator(".cbox textarea").BlurAsync();
        await page.Keyboard.PressAsync("?");
        await page.GetByRole(AriaRole.Dialog, new() { Name = "Keyboard shortcuts" }).WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("]");
        await page.Locator(".insp").WaitForAsync(new() { State = WaitForSelectorState.Hidden });
        await page.Keyboard.PressAsync("]");
        await page.Locator(".insp").WaitForAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("k");
        await page.ArriveAsync("/knowledge");

        await page.Keyboard.PressAsync("?");
        await page.CheckAsync("[data-keys-off]");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("h");
        Assert.EndsWith("/knowledge", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Theme_FollowsTheSystem_UntilAPersonPicksOne_AndIsKept()
    {
        var page = await studio.NewPageAsync(theme: ColorScheme.Dark);
        await page.GotoAsync(studio.Url());
        Assert.Equal("dark", await page.GetAttributeAsync("html", "data-theme"));

        await page.ClickAsync("[data-theme-toggle]");
        Assert.Equal("light", await page.GetAttributeAsync("html", "data-theme"));
        await page.ReloadAsync();
        Assert.Equal("light", await page.GetAttributeAsync("html", "data-theme"));
    }

    private static bool IsText(IResponse answer) => answer.Status == 200 && answer.Headers.TryGetValue("content-type", out var type)
        && (type.StartsWith("text/", StringComparison.Ordinal) || type.Contains("svg", StringComparison.Ordinal) || type.Contains("javascript", StringComparison.Ordinal));

    private static async Task CheckAsync(IPage page, string where)
    {
        var found = await page.RunAxe();
        Assert.True(found.Violations.Length == 0, $"{where}: {string.Join("; ", found.Violations.Select(rule => $"{rule.Id} at {string.Join(", ", rule.Nodes.Select(node => node.Html))}"))}");
        Assert.Equal(0, await page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - innerWidth)"));
    }
}
