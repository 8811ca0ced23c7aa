using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>The playground with the real starter model; what it says is never asserted, only how.</summary>
[Collection(StudioCollection.Name)]
public sealed class PlaygroundTests(SharedStudio studio) : BrowserTests
{
    private const string Story = "Tell me a very long story about the sea, with many chapters.";

    [Fact]
    public async Task Answer_StreamsTokenByToken_AndEndsWithItsNumbers()
    {
        var page = await studio.NewPlaygroundAsync();
        await page.EvaluateAsync("""
            window.seen = [];
            new MutationObserver(() => { const n = document.querySelector('.ans .read')?.innerText.length ?? 0; if (n !== window.seen.at(-1)) window.seen.push(n); })
              .observe(document.querySelector('.turns'), { childList: true, subtree: true, characterData: true });
            """);
        await SetAsync(page, "max-output", 256);
        await AskAsync(page, Story);

        var lengths = await page.EvaluateAsync<int[]>("window.seen");
        Assert.True(lengths.Length > 5, $"The text grew {lengths.Length} times");
        Assert.Matches(@"^[\d,]+ in\s+\d+ out\s+first token [\d.]+ m?s\s+[\d.,]+ tok/s$", (await page.Locator(".numbers").InnerTextAsync()).ReplaceLineEndings(" "));
        Assert.InRange(await OutAsync(page), 1, 256);
    }

    [Fact]
    public async Task Stop_EndsTheAnswerWithin200Milliseconds_AndKeepsWhatWasWritten()
    {
        var page = await studio.NewPlaygroundAsync();
        await SetAsync(page, "temperature", 0); // sampled, a story may be over before it is stopped
        var ms = await QuickestStopAsync(page, Story, "Control+Enter", "() => ([...document.querySelectorAll('.ans .read')].at(-1)?.innerText.length ?? 0) > 40 && document.querySelector('[data-stop]')");
        TestContext.Current.SendDiagnosticMessage($"Stopped while writing: {ms:0} ms");
        Assert.InRange(ms, 0, 200);
        await page.GetByText("Stopped. What was written is kept.").Last.WaitForAsync();
        var text = await page.Locator(".ans .read").Last.InnerTextAsync();
        await page.ReloadAsync();
        await page.GetByText("Stopped. What was written is kept.").Last.WaitForAsync();
        Assert.Equal(text.Trim(), (await page.Locator(".ans .read").Last.InnerTextAsync()).Trim());
    }

    [Fact]
    public async Task Escape_StopsWhileThePromptIsStillRead()
    {
        var page = await studio.NewPlaygroundAsync();
        await SetAsync(page, "max-output", 16);
        await AskAsync(page, "Hello!"); // the model is loaded now: what follows is prefill
        var ms = await QuickestStopAsync(page, string.Join(' ', Enumerable.Range(0, 260).Select(i => $"item {i}")), "Enter", "() => document.querySelector('[data-stop]')");
        TestContext.Current.SendDiagnosticMessage($"Stopped while reading: {ms:0} ms");
        Assert.InRange(ms, 0, 200);
        await page.GetByText("Stopped before the first word.").Last.WaitForAsync();
    }

    [Fact]
    public async Task Settings_ChangeTheAnswer()
    {
        var page = await studio.NewPlaygroundAsync();
        await SetAsync(page, "max-output", 32);
        await SetAsync(page, "temperature", 1);
        var first = await AskAnewAsync(page, seed: "7");
        Assert.Equal(32, await OutAsync(page));
        await page.GetByText("reached its token limit").WaitForAsync();
        Assert.Equal(first, await AskAnewAsync(page, seed: "7"));
        Assert.NotEqual(first, await AskAnewAsync(page, seed: "8"));

        // A nucleus of almost nothing, and no heat at all, both leave the likeliest words, whatever the seed.
        await SetAsync(page, "top-p", 0.05f);
        var likeliest = await AskAnewAsync(page, seed: "7");
        Assert.Equal(likeliest, await AskAnewAsync(page, seed: "8"));
        await SetAsync(page, "top-p", 1);
        await SetAsync(page, "temperature", 0);
        Assert.Equal(likeliest, await AskAnewAsync(page, seed: "9"));
    }

    [Fact]
    public async Task Conversation_GoesOn_KeepsBothAnswers_AndIsFoundAgain()
    {
        var page = await studio.NewPlaygroundAsync();
        await page.FillAsync(".blk textarea", "You answer in one sentence.");
        await SetAsync(page, "max-output", 32);
        await AskAsync(page, "Name a colour of the conversation test.");
        var first = await page.Locator(".ans .read").InnerTextAsync();
        // Asked again by key: what was pressed goes while the answer is made, and has the focus when it is there again.
        await page.Keyboard.PressAsync("Tab");
        await page.Locator("button[aria-label=Regenerate]").PressAsync("Enter");
        await page.GetByText("2 / 2").WaitForAsync();
        await page.Locator("[data-sibling='-1']:enabled").WaitForAsync();
        await page.Locator("button[aria-label=Regenerate]:focus").WaitForAsync();
        await page.Locator("[data-edit]").PressAsync("Enter");
        await page.Locator("[name=edit]").PressAsync("Escape");
        await page.Locator("[data-edit]:focus").WaitForAsync();
        await page.Keyboard.PressAsync("Alt+ArrowUp");
        await page.GetByText("1 / 2").WaitForAsync();
        Assert.Equal(first, await page.Locator(".ans .read").InnerTextAsync());
        await page.Keyboard.PressAsync("Alt+ArrowDown");
        await page.GetByText("2 / 2").WaitForAsync();
        await AskAsync(page, "And another one?");
        Assert.Equal(2, await page.Locator(".ans").CountAsync());

        await page.ReloadAsync();
        await page.GetByText("And another one?").WaitForAsync();
        Assert.Equal(2, await page.Locator(".numbers").CountAsync());
        Assert.Equal("You answer in one sentence.", await page.InputValueAsync(".blk textarea"));
        Assert.Equal("32", await page.InputValueAsync("[name=max-output]"));
        var address = page.Url;
        await page.GotoAsync(studio.Url("playground"));
        await page.Locator("[data-ready]").WaitForAsync();
        await page.Locator(".past-menu summary").ClickAsync();
        await page.Locator(".past a", new() { HasText = "Name a colour of the" }).First.ClickAsync();
        await page.GetByText("And another one?").WaitForAsync();
        Assert.Equal(address, page.Url);

        // Two models side by side, with a variable: a reload finds both columns and its value.
        await page.ClickAsync("[data-columns-of='2']");
        await page.Locator(".mh").Nth(1).WaitForAsync();
        await page.FillAsync(".ed textarea", "You answer in one sentence, in {{language}}.");
        await page.FillAsync("[data-variable=language]", "French");
        await page.FillAsync(".cbox textarea", "And a third one?");
        await page.ClickAsync("[data-send]");
        await page.Locator(".trn").Last.Locator(".numbers").Nth(1).WaitForAsync();
        await page.ReloadAsync();
        await page.Locator(".trn").Last.Locator(".numbers").Nth(1).WaitForAsync();
        Assert.Equal("French", await page.InputValueAsync("[data-variable=language]"));

        await page.GetByRole(AriaRole.Button, new() { Name = "More", Exact = true }).ClickAsync();
        await page.Locator("[data-delete]").ClickAsync();
        await page.Locator("[data-delete-do]").ClickAsync();
        await page.ArriveAsync("/playground");
        await page.GotoAsync(address);
        await page.GetByText("There is nothing at this address").WaitForAsync();
    }

    [Fact]
    public async Task Prompt_ThatIsEmptyOrFarTooLong_IsAnsweredByOneSentence()
    {
        var page = await studio.NewPlaygroundAsync();
        await page.ClickAsync("[data-send]");
        var refused = page.Locator(".composer [role=alert]");
        await refused.WaitForAsync();
        Assert.Contains("There is nothing to send: the message is empty.", await refused.InnerTextAsync(), StringComparison.Ordinal);

        await page.Locator(".cbox textarea").PressSequentiallyAsync("H");
        await refused.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.FillAsync(".cbox textarea", string.Concat(Enumerable.Repeat("word ", 20_000)));
        await page.Keyboard.PressAsync("Enter");
        var failed = page.Locator(".ans [role=alert]");
        await failed.WaitForAsync();
        Assert.Matches("This conversation has 2\\d,\\d{3} tokens; the model holds \\d,\\d{3}", await failed.InnerTextAsync());

        // It stands in nobody's way.
        await SetAsync(page, "max-output", 16);
        await AskAsync(page, "Hello again");
    }

    [Fact]
    public async Task ClosedTab_LeavesTheAnswerToGoOn_AndAnotherFindsItThere_AndStopsIt()
    {
        var page = await studio.NewPlaygroundAsync();
        await SetAsync(page, "max-output", 2048);
        await SetAsync(page, "temperature", 0); // sampled, a story may be over before it is stopped
        await page.FillAsync(".cbox textarea", Story);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("() => (document.querySelector('.ans .read')?.innerText.length ?? 0) > 40");
        await page.ArriveAsync("/playground/[^/]+");
        var address = page.Url;
        var seen = await page.Locator(".ans .read").InnerTextAsync();
        await page.CloseAsync(new() { RunBeforeUnload = true });

        var back = await page.Context.NewPageAsync();
        await back.GotoAsync(address);
        await back.Locator("[data-ready]").WaitForAsync();
        await back.WaitForFunctionAsync("length => (document.querySelector('.ans .read')?.innerText.length ?? 0) > length + 20", seen.Length);
        Assert.StartsWith(seen[..20], (await back.Locator(".ans .read").InnerTextAsync()).TrimStart(), StringComparison.Ordinal);
        var there = await back.Locator(".ans .read").InnerTextAsync();
        await back.WaitForFunctionAsync("length => document.querySelector('.ans .read').innerText.length > length + 20", there.Length);
        await StopAsync(back);
        await back.GetByText("Stopped. What was written is kept.").WaitForAsync();
    }

    [Fact]
    public async Task View_FollowsTheAnswer_UntilTheReaderScrollsUp()
    {
        var page = await studio.NewPageAsync(width: 1440, height: 420);
        await page.GotoAsync(studio.Url("playground"));
        await page.Locator("[data-ready]").WaitForAsync();
        await SetAsync(page, "temperature", 0); // sampled, a story may be over before it is stopped
        await page.FillAsync(".cbox textarea", Story);
        await page.Keyboard.PressAsync("Enter");
        const string Gap = "(t => t.scrollHeight - t.scrollTop - t.clientHeight)(document.querySelector('.turns'))";
        await page.WaitForFunctionAsync("() => (t => t.scrollHeight > t.clientHeight + 200)(document.querySelector('.turns'))");
        Assert.InRange(await page.EvaluateAsync<double>(Gap), 0, 60);

        await page.HoverAsync(".turns");
        await page.Mouse.WheelAsync(0, -120);
        await page.WaitForFunctionAsync($"() => {Gap} > 60");
        var top = await page.EvaluateAsync<double>("document.querySelector('.turns').scrollTop");
        await page.WaitForFunctionAsync("h => document.querySelector('.turns').scrollHeight > h + 40", await page.EvaluateAsync<double>("document.querySelector('.turns').scrollHeight"));
        Assert.Equal(top, await page.EvaluateAsync<double>("document.querySelector('.turns').scrollTop"), tolerance: 1);

        await page.ClickAsync(".jump");
        await page.WaitForFunctionAsync($"() => {Gap} < 4");
        await StopAsync(page);
    }

    [Fact]
    public async Task Answer_IsShownSafely_AndItsCodeCanBeCopied()
    {
        var page = await studio.NewPlaygroundAsync();
        await SetAsync(page, "max-output", 16);
        await AskAsync(page, "Show me code.");
        var line = $"print(\"{new string('x', 400)}\")";
        await studio.RewriteAnswerAsync(page, $"<img src=\"https://evil.example/a.png\" onerror=\"window.hacked = 1\">\n\n![pixel](https://evil.example/b.png)\n\n<script>window.hacked = 1</script>\n\n```python\n{line}\n```\n\n[out](/sign-out)");

        Assert.Null(await page.EvaluateAsync<int?>("window.hacked ?? null"));
        Assert.Equal(0, await page.Locator(".ans img, .ans script, .ans a[href]").CountAsync());
        Assert.Empty(studio.Strangers);
        var copy = page.Locator(".code-block button[data-copy]");
        await copy.ClickAsync();
        await page.Locator(".code-block button.ok").WaitForAsync();
        Assert.Equal($"{line}\n", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        // The long line scrolls by itself; page and button stay where they are.
        Assert.True(await page.EvaluateAsync<bool>("(p => p.scrollWidth > p.clientWidth)(document.querySelector('.code-block pre'))"));
        Assert.Equal(0, await page.EvaluateAsync<int>("(t => t.scrollWidth - t.clientWidth)(document.querySelector('.turns'))"));
    }

    private static async Task AskAsync(IPage page, string question)
    {
        var answers = await page.Locator(".numbers").CountAsync();
        await page.FillAsync(".cbox textarea", question);
        await page.ClickAsync("[data-send]");
        await page.Locator(".numbers").Nth(answers).WaitForAsync();
    }

    private static async Task<string> AskAnewAsync(IPage page, string seed)
    {
        if (await page.Locator(".ans").CountAsync() > 0)
        {
            await page.ClickAsync("a[aria-label='New conversation']");
            await page.Locator(".ans").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });
        }

        await page.FillAsync("[name=seed]", seed);
        await page.Locator("[name=seed]").PressAsync("Tab");
        await AskAsync(page, "Write about the weather in spring.");
        return await page.Locator(".ans .read").InnerTextAsync();
    }

    private static async Task SetAsync(IPage page, string name, float value)
    {
        var slider = page.Locator($"[name={name}]");
        await slider.FillAsync(value.ToString(CultureInfo.InvariantCulture));
        await page.WaitForFunctionAsync("name => !document.querySelector(`[name=${name}]`).closest('.unset')", name);
    }

    private static async Task<int> OutAsync(IPage page) =>
        int.Parse(Regex.Match(await page.Locator(".numbers").InnerTextAsync(), @"(\d+)\s+out").Groups[1].Value, CultureInfo.InvariantCulture);

    // The quickest of some: a busy machine delays one, not all of them.
    private static async Task<double> QuickestStopAsync(IPage page, string question, string send, string begun)
    {
        var quickest = double.MaxValue;
        for (var i = 0; i < 5 && quickest > 200; i++)
        {
            await page.FillAsync(".cbox textarea", question);
            await page.Keyboard.PressAsync(send);
            await page.WaitForFunctionAsync(begun);
            quickest = Math.Min(quickest, await StopAsync(page));
        }

        return quickest;
    }

    // From the key to the answer that is no longer live, on the page's own clock.
    private static Task<double> StopAsync(IPage page) => page.EvaluateAsync<double>("""
        () => new Promise((done, failed) => {
          const began = performance.now();
          // An answer that was over before changes nothing any more.
          setTimeout(() => failed(new Error('Nothing stopped within a minute: the answer was over, or goes on.')), 60000);
          new MutationObserver((_, watch) => { if (!document.querySelector('.live-edge, [data-stop]')) { watch.disconnect(); done(performance.now() - began); } })
            .observe(document.body, { childList: true, subtree: true });
          document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
        })
        """);
}
