using System.Globalization;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// The playground in Chromium against a built studio, with a model of exact pace: what lies between a token and its paint, frames and traffic of four
/// columns, a long conversation, and keys in a long prompt. Browser, studio and model share the machine; without a graphics card every frame is drawn by it as well.
/// </summary>
internal static class PlaygroundBenchmark
{
    private const int TokensPerSecond = 60;
    private const int Tokens = 600;
    private const int Messages = 2_000;
    private const int PromptCharacters = 20_000;
    private const int Keys = 150;

    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static async Task<int> RunAsync()
    {
        if ((Environment.GetEnvironmentVariable("STUDIO_CHROMIUM") is { Length: > 0 } named ? named : s_places.FirstOrDefault(File.Exists)) is not { } chromium)
        {
            Console.Error.WriteLine("Chromium is not installed; name it by STUDIO_CHROMIUM.");
            return 1;
        }

        await using var model = await PacedModel.StartAsync(TokensPerSecond, Tokens);
        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", model.Server.Place)]);
        await model.ConnectAsync(studio);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
        var page = await SignInAsync(browser, studio);

        Console.WriteLine("| the playground in Chromium | measured | goal |");
        Console.WriteLine("|---|---|---|");
        await MeasurePaintAsync(page, studio, model);
        await MeasureColumnsAsync(page, studio, model);
        await MeasureLongConversationAsync(page, studio);
        await MeasureTypingAsync(page, studio);
        return 0;
    }

    private static async Task MeasurePaintAsync(IPage page, StudioProcess studio, PacedModel model)
    {
        await OpenAsync(page, studio, columns: 1);
        await AskAsync(page, "Warm up.");
        await page.EvaluateAsync("window.watch.tokens()");
        model.Sent.Clear();
        await AskAsync(page, "Count.");
        var painted = await page.EvaluateAsync<double[][]>("window.watch.painted");
        var late = painted.Where(token => (int)token[0] < model.Sent.Count && token[0] > 0).Select(token => token[1] - model.Sent[(int)token[0]]).ToList();
        Row("token painted after the model produced it, p50 / p95", $"{At(late, .5):F0} / {At(late, .95):F0} ms ({late.Count} tokens)", "<= 30 / <= 80 ms");
    }

    private static async Task MeasureColumnsAsync(IPage page, StudioProcess studio, PacedModel model)
    {
        await OpenAsync(page, studio, columns: 4);
        await AskAsync(page, "Warm up.");
        var traffic = await CircuitTraffic.WatchAsync(page);
        await page.EvaluateAsync("window.watch.frames()");
        await AskAsync(page, "Count, all four.");
        var seconds = traffic.Stop();
        var frames = await page.EvaluateAsync<double[]>("window.watch.stamps");
        Row($"four columns at {TokensPerSecond} tokens/s each, frames/s p5", $"{Frames.Of(frames)}", ">= 50");
        Row("the same, traffic of the circuit, both ways and not compressed", $"{traffic.Bytes / seconds / 1000:F0} KB/s", "<= 200 KB/s");
    }

    private static async Task MeasureLongConversationAsync(IPage page, StudioProcess studio)
    {
        await OpenAsync(page, studio, columns: 1);
        await AskAsync(page, "Begin.");
        var address = page.Url;
        LongConversation.Fill(studio.DataPath, address[(address.LastIndexOf('/') + 1)..], Messages);
        var opened = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            await page.GotoAsync("about:blank");
            await page.GotoAsync(address, new() { WaitUntil = WaitUntilState.Commit });
            await page.WaitForFunctionAsync($"() => document.querySelector('.turns')?.textContent.includes('message {Messages - 1} ')");
            opened.Add(await page.EvaluateAsync<double>("performance.now()"));
        }

        Row($"conversation of {Messages:N0} messages: address to its last message, median of {opened.Count}", $"{At(opened, .5):F0} ms", "<= 1,000 ms");
        var turns = (await page.Locator(".turns").BoundingBoxAsync())!;
        var session = await page.Context.NewCDPSessionAsync(page);
        Row("the same, scrolled up and down: frames/s p5", $"{await Frames.TraceAsync(page, async () =>
        {
            foreach (var way in new[] { 1, -1 })
            {
                await session.SendAsync("Input.synthesizeScrollGesture", new Dictionary<string, object>
                {
                    ["x"] = turns.X + (turns.Width / 2), ["y"] = turns.Y + (turns.Height / 2), ["yDistance"] = way * 20_000, ["speed"] = 4_000, ["gestureSourceType"] = "mouse", ["preventFling"] = true,
                });
            }
        })}", ">= 55");
    }

    private static async Task MeasureTypingAsync(IPage page, StudioProcess studio)
    {
        await OpenAsync(page, studio, columns: 1);
        var prompt = page.Locator(".blk textarea").First;
        await prompt.FillAsync(string.Concat(Enumerable.Repeat("A sentence of the prompt. ", (PromptCharacters / 26) + 1))[..PromptCharacters]);
        await prompt.FocusAsync();
        await page.Keyboard.PressAsync("End");
        var late = await TypeAsync(page);
        Row($"a key in a prompt of {PromptCharacters:N0} characters to its paint, p50 / p95", $"{At(late, .5):F1} / {At(late, .95):F1} ms", "<= 16 ms (p95)");

        // A key waits for the next frame, and that for its paint: what is left to win is what is above this.
        await page.GotoAsync("about:blank");
        await page.SetContentAsync("<textarea autofocus style='width: 320px; height: 120px'></textarea>");
        await page.Locator("textarea").FocusAsync();
        var bare = await TypeAsync(page);
        Row("the same in an empty field of an empty page", $"{At(bare, .5):F1} / {At(bare, .95):F1} ms", "the limit");
    }

    private static async Task<List<double>> TypeAsync(IPage page)
    {
        await page.EvaluateAsync("window.watch.keys()");
        for (var key = 0; key < Keys; key++)
        {
            await page.Keyboard.PressAsync("x");
            await Task.Delay(40);
        }

        return [.. await page.EvaluateAsync<double[]>("window.watch.late")];
    }

    private static async Task<IPage> SignInAsync(IBrowser browser, StudioProcess studio)
    {
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        await page.AddInitScriptAsync(Watch.Script);
        await page.GotoAsync(new Uri(studio.Url, "/sign-in").ToString());
        await page.FillAsync("[name=Email]", StudioProcess.Owner[0].Value);
        await page.FillAsync("[name=Password]", StudioProcess.Owner[1].Value);
        await page.ClickAsync("form button[type=submit]");
        await page.WaitForURLAsync("**/w/**");
        return page;
    }

    private static async Task OpenAsync(IPage page, StudioProcess studio, int columns)
    {
        await page.GotoAsync(new Uri(studio.Url, "/w/workspace/playground").ToString());
        await page.Locator("[data-ready]").WaitForAsync();
        await page.Locator($"[data-columns-of='{columns}']").ClickAsync();
        for (var column = 0; column < columns; column++)
        {
            await page.Locator($"[data-head='{column}'] select").SelectOptionAsync("there/small");
        }
    }

    // From the question to the last column's numbers.
    private static async Task AskAsync(IPage page, string question)
    {
        await page.FillAsync(".cbox textarea", question);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("[data-stop]").WaitForAsync();
        await page.Locator("[data-send]").WaitForAsync(new() { Timeout = 60_000 });
    }

    private static double At(List<double> values, double share)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[(int)Math.Min(values.Count - 1, values.Count * share)];
    }

    private static void Row(string what, string measured, string goal) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {measured} | {goal} |"));
}
