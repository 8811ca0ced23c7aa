using System.Net.Http.Json;
using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace MistralStudio.E2E.Tests;

/// <summary>Every page is readable by everyone, in both themes, on a desk and on a phone, and keeps to the content policy and to its own host.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class LookTests(TeamStudio studio) : BrowserTests
{
    private const int DeskWidth = 1440;
    private const int DeskHeight = 900;
    private const int PhoneWidth = 390;
    private const int PhoneHeight = 844;

    private static readonly string[] s_pages =
        ["knowledge", "knowledge/{base}", "knowledge/{base}?tab=ask", "knowledge/{base}?tab=search", "knowledge/{base}?tab=settings", "knowledge/{base}?tab=quality", "playground", "prompts", "batches", "batches/new", "apps", "flows", "runs", "models", "models/smollm2-135m-instruct", "settings/members", "settings/keys", "settings/audit", "settings"];

    private readonly List<string> _faults = [];

    /// <summary>
    /// Each page is looked at as it stands on a desk in the light, then with the lights out, then as narrow as a phone: contrast depends on the theme
    /// alone and room on the screen alone, and what stands there without its words has a name on both.
    /// </summary>
    [Fact]
    public async Task EveryPage_PassesAxe_InBothThemes_AndDoesNotScrollSideways()
    {
        var id = await studio.FilingsAsync();
        var page = await studio.OwnerAsync();
        var watch = await PageWatch.StartAsync(page, studio.Studio.Url);
        foreach (var address in s_pages)
        {
            await studio.GoAsync(page, address.Replace("{base}", id, StringComparison.Ordinal));
            await page.Locator("h1").First.WaitForAsync();
            await page.Locator(".skel").First.WaitForAsync(new() { State = WaitForSelectorState.Detached });
            await CheckAsync(page, address);
        }

        await studio.GoAsync(page, $"knowledge/{id}?tab=search");
        await page.FillAsync(".st-ask input", "Which law governs the indenture?");
        await page.Locator(".st-ask input").PressAsync("Enter");
        await page.Locator(".st-hit").First.WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Settings", Exact = true }).ClickAsync();
        await page.Locator(".st-tune").WaitForAsync();
        await CheckAsync(page, "search test");

        await studio.GoAsync(page, $"knowledge/{id}");
        await page.Locator("tbody a.doc-name").First.ClickAsync();
        await page.Locator(".paper[data-drawn]").First.WaitForAsync();
        await CheckAsync(page, "document");
        await page.Locator(".passages li > a").First.ClickAsync();
        await page.Locator(".passages li.open").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Locator(".passages").GetByRole(AriaRole.Button, new() { Name = "Edit", Exact = true }).ClickAsync();
        await page.Locator("dialog[open]").WaitForAsync();
        await CheckAsync(page, "passage");
        await page.Keyboard.PressAsync("Escape");
        await page.Locator(".passages").GetByRole(AriaRole.Tab, new() { Name = "Details", Exact = true }).ClickAsync();
        await page.Locator(".doc-facts").GetByRole(AriaRole.Button, new() { Name = "Add a field", Exact = true }).ClickAsync();
        await CheckAsync(page, "details of a document");

        await LookAtPromptsAsync(page);
        await studio.GoAsync(page, "apps");
        await page.GetByRole(AriaRole.Button, new() { Name = "New app" }).ClickAsync();
        await page.FillAsync("dialog[open] input", "An app with a long name, looked at by everyone on a desk and on a phone");
        await CheckAsync(page, "new app");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.Locator(".builder [data-ready]").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await CheckAsync(page, "app builder");
        await page.SetViewportSizeAsync(PhoneWidth, PhoneHeight);
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview", Exact = true }).ClickAsync();
        await page.Locator(".builder [data-ready]").WaitForAsync();
        await CheckAsync(page, "app preview");

        await FlowsTests.MakeAsync(studio, page, "A flow looked at by everyone on a desk and on a phone");
        await CheckAsync(page, "flow");
        var flow = new Uri(page.Url).AbsolutePath[(TeamStudio.Workspace.Length + 2)..];
        await FlowsTests.RunAsync(page, "Bo");
        await CheckAsync(page, "run that waits");
        var run = new Uri(page.Url).AbsolutePath[(TeamStudio.Workspace.Length + 2)..];
        await studio.GoAsync(page, "runs");
        await page.Locator(".ask").First.ClickAsync();
        await page.Locator(".waiting .question").WaitForAsync();
        await CheckAsync(page, "question that is answered in the inbox");
        await studio.GoAsync(page, run);
        await page.Locator(".run-nodes summary").First.ClickAsync();
        await page.Locator(".of-node").WaitForAsync();
        await CheckAsync(page, "node of a run");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();
        await page.Locator(".page-head .state.idle").WaitForAsync();
        await studio.GoAsync(page, $"{flow}?tab=triggers");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a webhook" }).ClickAsync();
        await page.Locator("[data-testid=webhook-secret]").WaitForAsync();
        await CheckAsync(page, "triggers");
        await studio.GoAsync(page, $"{flow}?tab=versions");
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await page.Locator("dialog[open]").GetByRole(AriaRole.Button, new() { Name = "Publish", Exact = true }).ClickAsync();
        await page.Locator("dialog[open]").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await page.GetByRole(AriaRole.Link, new() { Name = "Source" }).ClickAsync();
        var source = page.Locator(".definition textarea");
        await source.FillAsync((await source.InputValueAsync()).Replace("sent: ", "posted: ", StringComparison.Ordinal));
        await source.BlurAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Versions" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare with the draft" }).ClickAsync();
        await page.Locator(".version-diff button.part-main").First.ClickAsync();
        await page.Locator(".change-fields").WaitForAsync();
        await CheckAsync(page, "versions");
        await studio.GoAsync(page, $"{flow}?{run.Replace("runs/", "run=", StringComparison.Ordinal)}");
        await page.Locator(".run-dock .tl").WaitForAsync();
        await CheckAsync(page, "run below its flow");
        await studio.GoAsync(page, $"{flow}?tab=outline");
        await page.Locator(".outline-rows .row-main").Nth(1).ClickAsync();
        await page.Locator(".insp .tabs").WaitForAsync();
        await CheckAsync(page, "outline and settings");
        await studio.GoAsync(page, flow);
        await page.Locator(".canvas[data-ready]").WaitForAsync();
        // What the browser scrolls to by itself moves the view, and not what lies above it.
        await page.EvaluateAsync("() => document.querySelector('.canvas').scrollTo(120, 60)");
        await page.WaitForFunctionAsync("() => document.querySelector('.canvas').scrollLeft === 0 && document.querySelector('.canvas').scrollTop === 0");
        await page.Locator(".words-toggle").ClickAsync();
        await page.Locator(".words textarea").WaitForAsync();
        await CheckAsync(page, "from words");
        await page.Locator(".words > header").GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).ClickAsync();
        await page.Locator(".world > [data-id=yes] header").ClickAsync();
        await page.Locator(".insp .code-field.ready").WaitForAsync();
        await CheckAsync(page, "canvas and settings");

        await studio.GoAsync(page, "flows");
        await page.GetByRole(AriaRole.Button, new() { Name = "New flow" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "From a template" }).ClickAsync();
        await page.Locator(".picks-template input").First.CheckAsync();
        await CheckAsync(page, "new flow");
        await page.Context.CloseAsync();
        _faults.AddRange(watch.Faults);

        var reader = await studio.NobodyAsync();
        await reader.GotoAsync($"{studio.Studio.Url}s/AAAAAAAAAAAAAAAAAAAAAA");
        await reader.GetByRole(AriaRole.Heading, new() { Name = "This link does not work" }).WaitForAsync();
        await CheckAsync(reader, "link that ended");
        await reader.Context.CloseAsync();
        Assert.True(_faults.Count == 0, string.Join('\n', _faults));
    }

    private async Task LookAtPromptsAsync(IPage page)
    {
        using var program = await studio.Studio.NewProgramAsync();
        object Content(string text, double temperature) => new
        {
            messages = new[] { new { role = "system", text }, new { role = "user", text = "{{mail}}" } },
            settings = new { temperature },
            tools = new[] { new { name = "look_up", description = "Finds an order.", parameters = new { type = "object" }, source = new { mock = "sent" } } },
        };
        using var made = await program.PostAsJsonAsync("/api/prompts", new { name = "A prompt looked at by everyone on a desk and on a phone", content = Content("You answer customers.\nBe kind.", .2) });
        var prompt = await made.Content.ReadFromJsonAsync<JsonElement>();
        using var next = await program.PostAsJsonAsync($"/api/prompts/{prompt.GetProperty("id").GetString()}/versions", new { content = Content("You answer customers.\nBe {{tone}}.", .4) });
        Assert.True(next.IsSuccessStatusCode, await next.Content.ReadAsStringAsync());
        var slug = prompt.GetProperty("slug").GetString();

        await studio.GoAsync(page, $"prompts/{slug}");
        await page.Locator(".prompt-text").First.WaitForAsync();
        await CheckAsync(page, "prompt");
        await studio.GoAsync(page, $"prompts/{slug}?tab=compare&from=1&to=2");
        await page.Locator(".diff-view .ln.come").WaitForAsync();
        await CheckAsync(page, "prompt compared");
        await studio.GoAsync(page, $"playground?prompt={slug}@2");
        await page.Locator("[data-section=tool-runs]").WaitForAsync();
        await page.ArriveAsync("/playground/[^/?]+");
        await CheckAsync(page, "playground with a tool");
    }

    private async Task CheckAsync(IPage page, string address)
    {
        await LookAsync(new() { ResultTypes = [ResultType.Violations] }, "on a desk");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await page.SetViewportSizeAsync(PhoneWidth, PhoneHeight);
        await LookAsync(
            new() { ResultTypes = [ResultType.Violations], RunOnly = new() { Type = "rule", Values = ["color-contrast", "button-name", "link-name", "label", "select-name"] } },
            "on a phone in the dark");
        await page.SetViewportSizeAsync(DeskWidth, DeskHeight);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });

        async Task LookAsync(AxeRunOptions rules, string where)
        {
            // A page whose address has just changed is looked at when its frame has followed.
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('a.skip')].every(skip => skip.href === `${location.href.split('#')[0]}#content`)");
            if (await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth > innerWidth"))
            {
                _faults.Add($"{address} scrolls sideways {where}.");
            }

            var found = await page.RunAxe(rules);
            _faults.AddRange(found.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{address} {where}: {violation.Id}: {violation.Help}: {node.Html}")));
        }
    }
}
