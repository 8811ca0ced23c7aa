using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How the canvas of a flow does in Chromium: frames from a trace while 500 nodes are dragged, panned and zoomed, what opening them takes, and the traffic of a run that is watched.</summary>
internal static class CanvasBenchmark
{
    private const int Nodes = 500;
    private const int Edges = 700;
    private const int Moves = 120;
    private const int Speakers = 28;
    private const int TokensPerSecond = 60;
    private const int Tokens = 600;

    private static readonly string IsOpen = $"document.querySelectorAll('.world > [data-size]').length >= {Nodes} && document.querySelector('.canvas[data-ready]') !== null";

    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static async Task RunAsync()
    {
        await using var model = await PacedModel.StartAsync(TokensPerSecond, Tokens);
        await using var studio = await StudioProcess.StartAsync(null, null, [.. StudioProcess.Owner, ("Egress__AllowedHosts__0", model.Server.Place)]);
        await model.ConnectAsync(studio);
        using var program = await studio.NewProgramAsync();
        var flow = await CreateAsync(program, "Five hundred", Large());
        var repeating = await CreateAsync(program, "Ten thousand events", Repeating());
        var run = await RunManyAsync(program, repeating);

        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("STUDIO_CHROMIUM") is { Length: > 0 } named ? named : s_places.First(File.Exists),
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        await using var context = await browser.NewContextAsync(new() { ViewportSize = new() { Width = 1440, Height = 900 } });
        var page = await context.NewPageAsync();
        await SignInAsync(page, studio);
        var sent = new List<int>();
        page.WebSocket += (_, socket) => socket.FrameSent += (_, frame) => sent.Add(frame.Binary?.Length ?? frame.Text?.Length ?? 0);

        Console.WriteLine($"| canvas: {Nodes} nodes, {Edges} edges, 1440 x 900, software rendering | measured | goal |");
        Console.WriteLine("|---|---|---|");
        var workspace = new Uri(page.Url).AbsolutePath;
        var opened = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            opened.Add(await OpenAsync(page, $"{workspace}/flows/{flow}", IsOpen));
        }

        Row("open to interactive, ms (median of 3)", opened.Order().ElementAt(1), "<= 1,000");
        foreach (var fits in new[] { false, true })
        {
            if (fits)
            {
                await page.Locator("[data-view=fit]").ClickAsync();
                await page.WaitForFunctionAsync("() => !document.querySelector('.world').hasAttribute('data-moving')");
            }

            var where = fits ? "all in view" : "close up";
            var card = await CardInViewAsync(page);
            sent.Clear();
            var during = 0;
            Row($"drag, {where}: frames/s p5", await Frames.TraceAsync(page, async () =>
            {
                await page.Mouse.MoveAsync(card.X, card.Y);
                await page.Mouse.DownAsync();
                await page.Mouse.MoveAsync(card.X + 8, card.Y + 8);
                await MoveAsync(page, $"new PointerEvent('pointermove', {{ bubbles: true, pointerId: 1, pointerType: 'mouse', buttons: 1, clientX: {(int)card.X} + 150 * Math.sin(i / 8), clientY: {(int)card.Y} + 100 * Math.cos(i / 9) - 100 }})");
                during = Count(sent);
                await page.Mouse.UpAsync();
            }), ">= 55");
            await page.WaitForFunctionAsync("() => !document.querySelector('.canvas').hasAttribute('data-gesture')");
            Row($"drag, {where}: messages while it goes on", during, "0");
            Row($"pan, {where}: frames/s p5", await Frames.TraceAsync(page, () => MoveAsync(page, "new WheelEvent('wheel', { bubbles: true, cancelable: true, deltaX: 30 * Math.sin(i / 10), deltaY: 20 * Math.cos(i / 12) })")), ">= 55");
            // Out to a quarter, or in to four times: at the end of the scale nothing would change, and a frame that shows nothing new is not drawn.
            var way = fits ? -6 : 6;
            Row($"zoom, {where}: frames/s p5", await Frames.TraceAsync(page, () => MoveAsync(page, $"new WheelEvent('wheel', {{ bubbles: true, cancelable: true, ctrlKey: true, clientX: 700, clientY: 450, deltaY: {way} * Math.sin(i / 12) }})")), ">= 55");
        }

        var address = new Uri(page.Url);
        await page.CloseAsync();
        page = await context.NewPageAsync();
        await LimitAsync(page);
        Row("memory of the tab, MB", await UntracedAsync(context, page, address), "<= 150");
        var seen = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            seen.Add(await OpenAsync(page, $"{workspace}/runs/{run}", "document.querySelectorAll('.run-canvas .world > [data-size]').length > 0"));
        }

        Row("open a run of 10,000 events, ms (median of 3)", seen.Order().ElementAt(1), "<= 1,000");
        var speaking = await CreateAsync(program, "Thirty nodes", Speaking());
        Row($"a run of 30 nodes, {Speakers} of them streaming at once: traffic of the circuit, both ways and not compressed, KB/s", await TrafficAsync(page, program, speaking, run => $"{workspace}/runs/{run}"), "<= 100");
        Row("the same run below its flow, on the canvas that is edited, KB/s", await TrafficAsync(page, program, speaking, run => $"{workspace}/flows/{speaking}?run={run}"), "<= 100");
    }

    // From the moment in which the run is on the canvas until its last node has ended.
    private static async Task<double> TrafficAsync(IPage page, HttpClient program, string flow, Func<string, string> placeOf)
    {
        var run = await StartAsync(program, flow, new { inputs = new { q = "Count." } });
        await OpenAsync(page, placeOf(run), $"document.querySelectorAll('.world .state.live').length === {Speakers}");
        var traffic = await CircuitTraffic.WatchAsync(page);
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.world .state.live').length === 0");
        return traffic.Bytes / traffic.Stop() / 1000;
    }

    // What this browser does at most: nothing but an area as large as the canvas, painted anew in every frame, and a picture of that size moved.
    private static async Task LimitAsync(IPage page)
    {
        await page.SetContentAsync("<div style='position:absolute;left:248px;top:92px;width:888px;height:808px;overflow:hidden'><div id='area' style='width:1600px;height:1600px;background:repeating-linear-gradient(45deg,#eee,#fee 20px)'></div></div>");
        Row("an empty page, that area painted anew: frames/s p5", await Frames.TraceAsync(page, () => EachFrameAsync(page, "area.style.background = i % 2 ? '#eee' : '#fee'")), "the limit");
        await page.EvaluateAsync("() => { area.style.background = 'repeating-linear-gradient(45deg,#eee,#fee 20px)'; area.style.willChange = 'transform'; }");
        Row("an empty page, a picture moved and stretched there: frames/s p5", await Frames.TraceAsync(page, () => EachFrameAsync(page, "area.style.transform = `translate(-200px, -200px) scale(${1 + .2 * Math.sin(i / 12)})`")), "the limit");
    }

    private static void Row(string what, Frames frames, string goal) => Console.WriteLine($"| {what} | {frames} | {goal} |");

    private static void Row(string what, double value, string goal) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {value:N0} | {goal} |"));

    // A frame of a message is larger than the circuit's own sign of life.
    private static int Count(List<int> sent) => sent.Count(length => length > 32);

    // One event a frame, as a pointer gives them: a frame that is late is the canvas', not that of the program that moves it.
    private static Task MoveAsync(IPage page, string @event) => EachFrameAsync(page, $"document.querySelector('.canvas').dispatchEvent({@event})");

    private static Task EachFrameAsync(IPage page, string act) => page.EvaluateAsync($"async () => {{ for (let i = 0; i < {Moves}; i++) {{ await new Promise(requestAnimationFrame); {act}; }} }}");

    private static async Task<double> OpenAsync(IPage page, string path, string isThere)
    {
        var begin = Stopwatch.GetTimestamp();
        await page.GotoAsync(new Uri(new Uri(page.Url), path).ToString(), new() { WaitUntil = WaitUntilState.Commit });
        await page.WaitForFunctionAsync($"() => {isThere}", null, new() { PollingInterval = 20 });
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static async Task<(float X, float Y)> CardInViewAsync(IPage page)
    {
        var at = await page.EvaluateAsync<float[]>(
            "() => [...document.querySelectorAll('.world > .node header')].map(head => head.getBoundingClientRect()).filter(at => at.x > 560 && at.x < 820 && at.y > 320 && at.y < 620).map(at => [at.x + at.width / 2, at.y + at.height / 2])[0]");
        return (at[0], at[1]);
    }

    // A trace is kept in the memory of what is traced: the same gestures in a tab of its own, without one.
    private static async Task<double> UntracedAsync(IBrowserContext context, IPage page, Uri flow)
    {
        await OpenAsync(page, flow.ToString(), IsOpen);
        foreach (var move in new[] { "deltaX: 30 * Math.sin(i / 10), deltaY: 20 * Math.cos(i / 12)", "ctrlKey: true, clientX: 700, clientY: 450, deltaY: 12 * Math.sin(i / 12)" })
        {
            await MoveAsync(page, $"new WheelEvent('wheel', {{ bubbles: true, cancelable: true, {move} }})");
        }

        await page.Locator("[data-view=fit]").ClickAsync();
        await page.WaitForFunctionAsync("() => !document.querySelector('.world').hasAttribute('data-moving')");
        return await MemoryAsync(context.Browser!);
    }

    // What the renderer holds for itself: pages that it shares with others are not the tab's.
    private static async Task<double> MemoryAsync(IBrowser browser)
    {
        var session = await browser.NewBrowserCDPSessionAsync();
        var processes = await session.SendAsync("SystemInfo.getProcessInfo");
        var most = 0d;
        foreach (var one in processes!.Value.GetProperty("processInfo").EnumerateArray().Where(one => one.GetProperty("type").GetString() == "renderer"))
        {
            var lines = await File.ReadAllLinesAsync($"/proc/{one.GetProperty("id").GetInt32()}/smaps_rollup");
            most = Math.Max(most, lines.Where(line => line.StartsWith("Private_", StringComparison.Ordinal))
                .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)) / 1024);
        }

        return most;
    }

    private static async Task SignInAsync(IPage page, StudioProcess studio)
    {
        await page.GotoAsync(new Uri(studio.Url, "sign-in").ToString());
        await page.FillAsync("[name=Email]", StudioProcess.Owner[0].Value);
        await page.FillAsync("[name=Password]", StudioProcess.Owner[1].Value);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync("**/w/*");
    }

    private static async Task<string> CreateAsync(HttpClient program, string name, JsonObject definition)
    {
        using var made = await program.PostAsJsonAsync("/api/flows", new { name, definition });
        made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static Task<string> RunManyAsync(HttpClient program, string flow) =>
        StartAsync(program, flow, new { inputs = new { items = Enumerable.Range(0, 5_000).Select(number => $"{number}").ToArray() }, wait = true, waitSeconds = 60 });

    private static async Task<string> StartAsync(HttpClient program, string flow, object order)
    {
        using var started = await program.PostAsJsonAsync($"/api/flows/{flow}/runs", order);
        started.EnsureSuccessStatusCode();
        return (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static JsonObject Large()
    {
        var random = new Random(4);
        var nodes = new JsonArray { Node("start", "start", new JsonObject(), 0, 0) };
        for (var i = 0; i < Nodes - 1; i++)
        {
            nodes.Add(Node($"n{i}", "template", new JsonObject { ["template"] = $"Text number {i} of many" }, ((i / 20) + 1) * 240, i % 20 * 128));
        }

        var edges = new JsonArray();
        for (var i = 0; i < Edges; i++)
        {
            var from = random.Next(-1, Nodes - 22);
            edges.Add(new JsonObject { ["from"] = from < 0 ? "start.q" : $"n{from}.text", ["to"] = $"n{random.Next(from + 1, Math.Min(from + 41, Nodes - 1))}.i{i}" });
        }

        return Definition(nodes, edges, new JsonObject { ["name"] = "q", ["type"] = "text" });
    }

    private static JsonObject Speaking()
    {
        var nodes = new JsonArray { Node("start", "start", new JsonObject(), 0, 0), Node("out", "output", new JsonObject(), 480, 0) };
        var edges = new JsonArray();
        for (var i = 0; i < Speakers; i++)
        {
            nodes.Add(Node($"n{i}", "llm", new JsonObject { ["model"] = "there/small", ["prompt"] = "{{ q }}" }, 240, i * 128));
            edges.Add(new JsonObject { ["from"] = "start.q", ["to"] = $"n{i}.q" });
            edges.Add(new JsonObject { ["from"] = $"n{i}.text", ["to"] = $"out.t{i}" });
        }

        return Definition(nodes, edges, new JsonObject { ["name"] = "q", ["type"] = "text" });
    }

    private static JsonObject Repeating()
    {
        var each = Node("each", "for-each", new JsonObject(), 240, 0);
        each["body"] = new JsonObject
        {
            ["nodes"] = new JsonArray { Node("say", "template", new JsonObject { ["template"] = "Number {{ item }}" }, 0, 0) },
            ["edges"] = new JsonArray { new JsonObject { ["from"] = "each.item", ["to"] = "say.item" }, new JsonObject { ["from"] = "say.text", ["to"] = "each.result" } },
        };
        return Definition(
            [Node("start", "start", new JsonObject(), 0, 0), each], [new JsonObject { ["from"] = "start.items", ["to"] = "each.items" }],
            new JsonObject { ["name"] = "items", ["type"] = "list<text>", ["required"] = true });
    }

    private static JsonObject Node(string id, string type, JsonObject config, int x, int y) =>
        new() { ["id"] = id, ["type"] = type, ["config"] = config, ["position"] = new JsonObject { ["x"] = x, ["y"] = y } };

    private static JsonObject Definition(JsonArray nodes, JsonArray edges, JsonObject input) =>
        new() { ["schema"] = "mistralstudio.flow/1", ["nodes"] = nodes, ["edges"] = edges, ["inputs"] = new JsonArray { input } };
}
