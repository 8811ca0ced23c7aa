using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Gallery;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Servers;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The flows of the gallery in the composed server, over HTTP; only the model and the search are scripted.</summary>
public sealed class TemplateFlowsTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Ids => [.. FlowTemplates.All.Select(template => template.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void ATemplate_Compiles_AndSaysWhatItNeeds(string id)
    {
        using var started = studio.CreateClient();
        var template = FlowTemplates.All.Single(one => one.Id == id);

        var compiled = studio.Services.GetRequiredService<FlowCompiler>().Compile(template.Flow);

        Assert.True(compiled.Plan is not null, string.Join('\n', compiled.Problems));
        Assert.Equal(2, template.Explanation.Count);
        Assert.All(template.Explanation, line => Assert.EndsWith(".", line, StringComparison.Ordinal));
        Assert.NotEmpty(template.Needs);
        Assert.Equal(template.Flow.Inputs.Select(input => input.Name).Order(StringComparer.Ordinal), template.Sample.Keys.Order(StringComparer.Ordinal));
        Assert.All(template.Flow.Inputs.Where(input => input.Type != PortType.File), input => Assert.True(input.Type.Admits(template.Sample[input.Name])));
        Assert.All(template.Flow.Nodes, node => Assert.True(node.Title is { Length: > 0 } && node.Position is not null, node.Id));
        // What does not run is no template: no key, no address of anybody's.
        Assert.DoesNotContain("http", FlowDefinitions.Write(template.Flow), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void ATemplate_IsSeenWholeWhereItIsOpened_AndNoCardLiesOnAnother(string id)
    {
        // What a window of 1,440 by 900 has between palette and settings, at the zoom below which titles are not read (viewport.ts).
        const double Width = (888 - 80) / .7;
        const double Height = (808 - 80) / .7;
        using var started = studio.CreateClient();
        var flow = FlowTemplates.All.Single(one => one.Id == id).Flow;
        var cards = CardModel.Of(FlowLook.At(studio.Services.GetRequiredService<FlowCompiler>(), flow), new NodeCatalogView(studio.Services.GetRequiredService<NodeCatalog>(), studio.Services.GetRequiredService<IStringLocalizer<FlowPageWords>>()));

        var places = PlacesIn("", cards);

        Assert.InRange(places.Max(place => place.X + place.W) - places.Min(place => place.X), 0, Width);
        Assert.InRange(places.Max(place => place.Y + place.H) - places.Min(place => place.Y), 0, Height);
        Assert.All(cards.Where(card => card.IsContainer).Select(card => PlacesIn(card.Path, cards)).Append(places), Apart);

        static void Apart(List<(double X, double Y, double W, double H)> all) => Assert.All(all, (one, index) =>
            Assert.DoesNotContain(all.Skip(index + 1), other => one.X < other.X + other.W && other.X < one.X + one.W && one.Y < other.Y + other.H && other.Y < one.Y + one.H));
    }

    [Fact]
    public void NoStepOfTheClinics_SendsAnything() => Assert.DoesNotContain(
        FlowTemplates.All.Single(one => one.Id == "clinic-intake").Flow.Nodes, node => node.Type is "http-request" or "send" or "mcp-tool" or "agent" or "sub-flow");

    [Theory]
    [InlineData("approve", "Dear Ann, a new handle is on its way.")]
    [InlineData("refuse", "The reply was not approved: too long.")]
    public async Task SupportTriage_DraftsByClass_AndWaitsForAPerson(string decision, string answer)
    {
        studio.Chat = new ScriptedChatClient(messages => Says(messages, "reports a fault") ? "Dear Ann, a new handle is on its way." : """{"class":"broken","scores":{"refund":20,"broken":90,"other":1}}""");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "support-triage", HttpStatusCode.Accepted);
        var ended = await DecideAsync(client, run, decision, "too long");

        Assert.Equal(answer, ended["outputs"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task DocumentAnswers_GiveTheAnswerAndItsPassages()
    {
        await BaseAsync();
        studio.Chat = new ScriptedChatClient(_ => "Ninety days [1].");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "document-answers", HttpStatusCode.OK);

        Assert.Equal("Ninety days [1].", run["outputs"]!["text"]!.GetValue<string>());
        Assert.Equal("Notice is ninety days.", run["outputs"]!["passages"]![0]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task InvoiceApproval_GivesTheRecord_OnceAPersonApproved()
    {
        using var client = await studio.SignedInAsync();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        const string text = "Invoice 7 of Muster GmbH, 2026-01-02. Consulting 100.00 EUR. Total 119.00 EUR.";
        var blob = (await studio.Services.GetRequiredService<IBlobStore>().PutAsync(owner.Workspace, "test:invoice", new MemoryStream(Encoding.UTF8.GetBytes(text)), 4_096, Token)).Value;
        studio.Chat = new ScriptedChatClient(_ => """{"supplier":"Muster GmbH","number":"7","date":"2026-01-02","currency":"EUR","total":119.0,"lines":[{"text":"Consulting","amount":100}]}""");

        var run = await RunAsync(
            client, "invoice-approval", HttpStatusCode.Accepted, new { file = new { sha256 = blob.Sha256, name = "invoice.txt", bytes = blob.Bytes, mediaType = "text/plain" } });
        var waiting = await WaitingAsync(client, run);
        Assert.Equal("Book this invoice of Muster GmbH over 119.0 EUR?", waiting["title"]!.GetValue<string>());
        var ended = await DecideAsync(client, run, "approve", "checked");

        var result = ended["outputs"]!["result"]!;
        Assert.Equal(("approved", "checked", 119.0), (result["status"]!.GetValue<string>(), result["note"]!.GetValue<string>(), result["invoice"]!["total"]!.GetValue<double>()));
    }

    [Fact]
    public async Task ParallelResearch_AnswersEachPart_AndReports()
    {
        await BaseAsync();
        studio.Chat = new ScriptedChatClient(messages => Says(messages, "Findings:")
            ? $"Report over {messages[^1].Text.Split("## ").Length - 1} parts."
            : Says(messages, "Passages:") ? "Found [1]." : """{"questions":["What changed?","What does it cost?","Since when?"]}""");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "parallel-research", HttpStatusCode.OK);

        Assert.Equal("Report over 3 parts.", run["outputs"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task LessonPlan_WritesEveryLesson_InOrder()
    {
        studio.Chat = new ScriptedChatClient(messages => Says(messages, "Lesson 1:") ? "First." : Says(messages, "Lesson 2:") ? "Second." : """{"lessons":[{"title":"Means","aim":"a"},{"title":"Charts","aim":"b"}]}""");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "lesson-plan", HttpStatusCode.OK);

        Assert.Equal("# 1. Means\n\nFirst.\n\n# 2. Charts\n\nSecond.\n\n", run["outputs"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task ClinicIntake_ShowsTheModelNoIdentifiers_AndWaitsForAClinician()
    {
        studio.Chat = new ScriptedChatClient(_ => "Complaint: cough.");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "clinic-intake", HttpStatusCode.Accepted);
        var ended = await DecideAsync(client, run, "approve", null);

        Assert.Equal("Complaint: cough.", ended["outputs"]!["text"]!.GetValue<string>());
        Assert.DoesNotContain("170 1234567", string.Concat(studio.Chat.Requests[^1].Messages.Select(message => message.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WeeklyReport_IsWritten_AndSaysWhereItCannotBeSent()
    {
        await BaseAsync();
        studio.Chat = new ScriptedChatClient(_ => "Nothing new.");
        using var client = await studio.SignedInAsync();

        var run = await RunAsync(client, "weekly-report", HttpStatusCode.OK, new { at = "2026-01-05T07:00:00Z" });

        Assert.Equal("mail.not_set_up", run["error"]!["code"]!.GetValue<string>());
        Assert.Contains("Week before 2026-01-05", studio.Chat.Requests[^1].Messages[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WeeklyReport_IsSent_WhereThereIsAMailServer()
    {
        await using var mail = new SmtpServer();
        await using var own = new ApiStudio { Chat = new ScriptedChatClient(_ => "Nothing new.") };
        foreach (var (name, value) in new[] { ("Host", "127.0.0.1"), ("Port", $"{mail.Port}"), ("Security", "None"), ("From", "studio@example.com") })
        {
            own.Settings[$"Smtp:{name}"] = value;
        }

        await BaseAsync(own);
        using var client = await own.SignedInAsync();

        var run = await RunAsync(client, "weekly-report", HttpStatusCode.OK, new { at = "2026-01-05T07:00:00Z" });

        Assert.Equal("succeeded", run["state"]!.GetValue<string>());
        Assert.Contains("Nothing new.", mail.Message);
    }

    private Task BaseAsync() => BaseAsync(studio);

    private static async Task BaseAsync(ApiStudio studio)
    {
        using var started = studio.CreateClient();
        var owner = (await studio.Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var knowledge = studio.Services.GetRequiredService<IKnowledgeStore>();
        if ((await knowledge.ListBasesAsync(owner.Workspace, "Documents", null, 1, Token)).Items.Count == 0)
        {
            await knowledge.CreateBaseAsync(owner.Workspace, "Documents", EmbeddingOnlyHost.ModelId, owner.User, Token);
            studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Notice is ninety days.", page: 4));
        }
    }

    private static bool Says(IReadOnlyList<ChatMessage> messages, string words) => messages.Any(message => message.Text.Contains(words, StringComparison.Ordinal));

    private static async Task<JsonObject> RunAsync(HttpClient client, string id, HttpStatusCode expected, object? inputs = null)
    {
        var template = FlowTemplates.All.Single(one => one.Id == id);
        var created = await PostAsync(client, "/api/flows", new { name = template.Title, definition = JsonNode.Parse(FlowDefinitions.Write(template.Flow)) }, HttpStatusCode.Created);
        return await PostAsync(client, $"/api/flows/{created["id"]}/runs", new { inputs = inputs ?? template.Sample, wait = true }, expected);
    }

    private static async Task<JsonNode> WaitingAsync(HttpClient client, JsonObject run) =>
        Assert.Single((await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!["waitingFor"]!.AsArray())!;

    private static async Task<JsonObject> DecideAsync(HttpClient client, JsonObject run, string decision, string? note)
    {
        var bookmark = await WaitingAsync(client, run);
        object values = note is null ? new { } : new { note };
        await PostAsync(client, $"/api/runs/{run["id"]}/resume", new { bookmark = bookmark["bookmark"]!.GetValue<string>(), decision, values }, HttpStatusCode.Accepted);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        JsonObject now;
        while ((now = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!)["state"]!.GetValue<string>() is "running" or "suspended")
        {
            await Task.Delay(20, patience.Token);
        }

        return now;
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string address, object body, HttpStatusCode expected)
    {
        var response = await client.PostAsJsonAsync(address, body, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    // A container is as large as what is inside of it, with room around.
    private static List<(double X, double Y, double W, double H)> PlacesIn(string scope, IReadOnlyList<CardModel> cards) =>
    [
        .. cards.Where(card => card.Parent == scope).Select(card =>
        {
            var inside = card.IsContainer ? PlacesIn(card.Path, cards) : [];
            return (card.Node.Position!.X, card.Node.Position.Y,
                inside.Count == 0 ? card.Shape.Width : (2 * CardShape.InsetX) + inside.Max(one => one.X + one.W) - inside.Min(one => one.X),
                inside.Count == 0 ? card.Shape.Height : CardShape.InsetTop + CardShape.InsetBottom + inside.Max(one => one.Y + one.H) - inside.Min(one => one.Y));
        }),
    ];
}
