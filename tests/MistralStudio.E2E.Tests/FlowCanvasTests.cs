using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using MistralStudio.E2E.Tests.Canvas;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Gallery;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests;

/// <summary>The flows of the gallery are built on an empty canvas, by mouse and by keyboard, and come out as they are in the gallery.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class FlowCanvasTests(TeamStudio studio) : BrowserTests
{
    private const string ByMouse = "invoice-approval";
    private const string ByKeyboard = "document-answers";
    private const string Facts = """{"supplier":"Muster GmbH","number":"7","date":"2026-01-02","currency":"EUR","total":119,"lines":[]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Others =>
        [.. FlowTemplates.All.SelectMany(template => new (string, string)[] { (template.Id, "mouse"), (template.Id, "keyboard") }).Except([(ByMouse, "mouse"), (ByKeyboard, "keyboard")])];

    [Fact]
    public async Task AFlow_IsBuiltByKeyboard_AndOneByMouse_WhoseApprovalIsAnswered()
    {
        using var program = await studio.Studio.NewProgramAsync();
        var documents = await MakeAsync(program, "/api/knowledge-bases", new { name = "Documents" });
        var first = await BuildAsync(await studio.OwnerAsync(), ByKeyboard, "keyboard");
        var page = await studio.OwnerAsync();
        var second = await BuildAsync(page, ByMouse, "mouse");

        await using var model = await OpenAiServer.StartAsync();
        model.Otherwise = Answer;
        (await program.PutAsync($"/api/allowed-hosts/{model.Place}", null, Token)).EnsureSuccessStatusCode();
        var connection = await MakeAsync(
            program, "/api/connections", new { name = "Scripted", kind = "compatible", address = model.Address.ToString(), retries = 0, models = new[] { new { name = "small" } } });
        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Canvas" }).ClickAsync();
        await page.Locator(".canvas[data-ready]").WaitForAsync();
        await page.Locator(".world > [data-id=take] header").ClickAsync();
        await page.Locator(".insp [data-pointer='/model'] select").SelectOptionAsync("scripted/small");
        await page.Locator(".world > [data-id=take]").GetByText("small", new() { Exact = true }).WaitForAsync();
        await page.Locator(".insp").GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        // A file that is chosen before the page listens to its field is not heard of.
        await page.WaitForFunctionAsync("() => document.querySelector('.run-form input[type=file]')?._blazorInputFileNextFileId !== undefined");
        await page.Locator(".run-form input[type=file]").SetInputFilesAsync(new FilePayload { Name = "invoice.txt", MimeType = "text/plain", Buffer = "Invoice 7 of Muster GmbH. Total 119.00 EUR."u8.ToArray() });
        await page.Locator(".run-form").GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await page.GetByText("Book this invoice of Muster GmbH over 119 EUR?").First.WaitForAsync();
        await page.GetByLabel("Note").FillAsync("checked");
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve", Exact = true }).ClickAsync();
        await page.GetByText("\"note\": \"checked\"").First.WaitForAsync();
        // The others that ask a person: one is answered beside its canvas, one in the inbox.
        var (third, run) = await AskAsync(program, "clinic-intake");
        await studio.GoAsync(page, run);
        await page.Locator(".run-asks .question", new() { HasText = "Complaint: cough." }).Locator("[data-decide=approve]").ClickAsync();
        await page.Locator(".page-head .state.ok").WaitForAsync();
        var (fourth, asked) = await AskAsync(program, "support-triage");
        await studio.GoAsync(page, "runs");
        await page.Locator(".waiting .ask", new() { HasText = "Send this reply?" }).ClickAsync();
        await page.Locator(".waiting .question", new() { HasText = "a new handle" }).Locator("[data-decide=approve]").ClickAsync();
        await page.Locator(".waiting .said", new() { HasText = "Send this reply?" }).WaitForAsync();
        var ended = await program.GetFromJsonAsync<JsonElement>($"/api/{asked}", Token);
        Assert.DoesNotContain("suspended", ended.GetProperty("state").GetString(), StringComparison.Ordinal);

        foreach (var made in new[] { first, second, third, fourth, documents, connection, $"/api/allowed-hosts/{model.Place}" })
        {
            using var gone = await program.DeleteAsync(made, Token);
            gone.EnsureSuccessStatusCode();
        }
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Others))]
    public async Task EveryOtherFlowOfTheGallery_IsBuilt(string template, string hand)
    {
        using var program = await studio.Studio.NewProgramAsync();
        // Names of knowledge bases are chosen of those that there are.
        var documents = await MakeAsync(program, "/api/knowledge-bases", new { name = "Documents" });
        var built = await BuildAsync(await studio.OwnerAsync(), template, hand);
        await program.DeleteAsync(built, Token);
        await program.DeleteAsync(documents, Token);
    }

    private async Task<string> BuildAsync(IPage page, string id, string hand)
    {
        var template = FlowTemplates.All.Single(one => one.Id == id);
        await FlowsTests.MakeAsync(studio, page, $"{template.Title} by {hand}");
        await page.GetByRole(AriaRole.Link, new() { Name = "Canvas" }).ClickAsync();
        await page.Locator(".canvas[data-ready]").WaitForAsync();
        FlowBuilder builder = hand == "mouse" ? new MouseBuilder(page) : new KeyboardBuilder(page);
        await builder.BuildAsync(template.Flow);
        await page.Locator(".toolbar .state.ok").WaitForAsync();
        if (builder is KeyboardBuilder keys)
        {
            await keys.TurnAsync(template.Flow.Nodes[0].Id);
        }

        Assert.Equal(FlowBuilder.Canonical(template.Flow), await builder.SourceAsync());
        return $"/api/flows/{new Uri(page.Url).Segments[^1]}";
    }

    // What the templates' models would say, in few words.
    private static string[] Answer(JsonObject request)
    {
        var asked = request["messages"]!.ToJsonString();
        return [asked.Contains("Complaint", StringComparison.Ordinal) ? "Complaint: cough."
            : asked.Contains("reports a fault", StringComparison.Ordinal) ? "Dear Ann, a new handle is on its way."
            : asked.Contains("handle", StringComparison.Ordinal) ? """{"class":"broken","scores":{"refund":20,"broken":90,"other":1}}""" : Facts];
    }

    // Runs a template over the scripted model until it asks: the addresses of its flow and its run.
    private static async Task<(string Flow, string Run)> AskAsync(HttpClient program, string id)
    {
        var template = FlowTemplates.All.Single(one => one.Id == id);
        var definition = JsonNode.Parse(FlowDefinitions.Write(template.Flow))!;
        foreach (var node in definition["nodes"]!.AsArray().Where(node => (string?)node!["type"] is "llm" or "classify"))
        {
            node!["config"]!["model"] = "scripted/small";
        }

        var flow = await MakeAsync(program, "/api/flows", new { name = $"{template.Title}, asked", definition });
        using var ran = await program.PostAsJsonAsync($"{flow}/runs", new { inputs = template.Sample, wait = true }, Token);
        var run = await ran.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("suspended", run.GetProperty("state").GetString());
        return (flow, $"runs/{run.GetProperty("id").GetString()}");
    }

    private static async Task<string> MakeAsync(HttpClient program, string address, object body)
    {
        using var made = await program.PostAsJsonAsync(address, body, Token);
        made.EnsureSuccessStatusCode();
        return $"{address}/{(await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()}";
    }
}
