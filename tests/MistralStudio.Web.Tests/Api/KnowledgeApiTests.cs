using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

public sealed class KnowledgeApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Text = "# Geography\n\nParis is the capital of France.\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_BecomesIndexed_AndItsTextCanBeRead()
    {
        using var client = await studio.SignedInAsync();
        var documents = $"{await CreateBaseAsync(client)}/documents";
        using var accepted = await client.PostAsync(documents, Files(("../geo\\graphy.md", Text)), Token);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        var document = (await ReadAsync(accepted)).GetProperty("documents")[0];
        Assert.Equal("graphy.md", document.GetProperty("name").GetString());

        var id = document.GetProperty("id").GetString();
        JsonElement item;
        do
        {
            await Task.Delay(50, Token);
            item = (await client.GetFromJsonAsync<JsonElement>($"{documents}?limit=200", Token)).GetProperty("items")[0];
        }
        while (item.GetProperty("state").GetString() is not ("indexed" or "failed"));

        Assert.Equal("indexed", item.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, item.GetProperty("error").ValueKind);
        Assert.Contains("Paris is the capital of France.", await client.GetStringAsync($"{documents}/{id}/text", Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"{documents}/{id}", Token)).StatusCode);

        // Gone from searches at once; shown as "deleting" until its owner has removed the last of it.
        using var gone = await client.GetAsync($"{documents}/{id}", Token);
        Assert.True(gone.StatusCode == HttpStatusCode.NotFound || (await ReadAsync(gone)).GetProperty("state").GetString() == "deleting");
    }

    [Fact]
    public async Task Settings_AreChangedOnWhatWasRead_AndPreviewedOnADocument()
    {
        using var client = await studio.SignedInAsync();
        var address = await CreateBaseAsync(client);
        using var read = await client.GetAsync($"{address}/settings", Token);
        Assert.Equal(2_400, (await ReadAsync(read)).GetProperty("splitting").GetProperty("parentCharacters").GetInt32());

        using var blind = await client.PutAsJsonAsync($"{address}/settings", new { splitting = new { passageCharacters = 300 } }, Token);
        Assert.Equal((HttpStatusCode)428, blind.StatusCode);
        async Task<HttpResponseMessage> ChangeAsync(int characters)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{address}/settings")
            {
                Content = JsonContent.Create(new { splitting = new { passageCharacters = characters } }),
            };
            request.Headers.IfMatch.Add(read.Headers.ETag!);
            return await client.SendAsync(request, Token);
        }

        using var wrong = await ChangeAsync(1);
        Assert.Equal("knowledge.bad_setting", (await ReadAsync(wrong)).GetProperty("code").GetString());
        using var changed = await ChangeAsync(300);
        Assert.Equal(300, (await ReadAsync(changed)).GetProperty("splitting").GetProperty("passageCharacters").GetInt32());
        using var late = await ChangeAsync(400);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
    }

    [Fact]
    public async Task Source_IsRefused_WithItsReason_AndAnotherWorkspacesIsUnknown()
    {
        using var client = await studio.SignedInAsync();
        var address = $"{await CreateBaseAsync(client)}/sources";

        using var folder = await client.PostAsJsonAsync(address, new { kind = "folder", location = "/etc" }, Token);
        Assert.Equal("knowledge.source_no_roots", (await ReadAsync(folder)).GetProperty("code").GetString());
        using var nothing = await client.PostAsJsonAsync(address, new { kind = "tape", location = "x" }, Token);
        Assert.Equal("knowledge.unknown_source", (await ReadAsync(nothing)).GetProperty("code").GetString());
        using var added = await client.PostAsJsonAsync(address, new { kind = "web", location = "http://169.254.169.254/latest", schedule = "0 3 * * *" }, Token);
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);

        JsonElement source;
        do
        {
            await Task.Delay(50, Token);
            source = (await client.GetFromJsonAsync<JsonElement>(address, Token)).GetProperty("items")[0];
        }
        while (source.GetProperty("state").GetString() == "syncing");

        // The guarded way out refuses the address of a cloud's metadata.
        Assert.Equal("failed", source.GetProperty("state").GetString());
        Assert.StartsWith("egress.", source.GetProperty("error").GetProperty("code").GetString(), StringComparison.Ordinal);
        using var elsewhere = await client.PostAsync($"{await CreateBaseAsync(client)}/sources/{source.GetProperty("id").GetString()}/sync", null, Token);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"{address}/{source.GetProperty("id").GetString()}", Token)).StatusCode);
    }

    [Fact]
    public async Task Upload_IsRefusedBeforeItIsRead_WhenItIsOverTheLimit()
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsync($"{await CreateBaseAsync(client)}/documents", Files(("big.md", new string('x', 3 << 20))), Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("knowledge.document_too_large", (await ReadAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Create_HappensOnce_WhenSentTwiceWithOneKey()
    {
        using var client = await studio.SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "one");
        var first = await CreateBaseAsync(client);
        Assert.Equal(first, await CreateBaseAsync(client));
        using var other = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "Something else" }, Token);
        Assert.Equal("idempotency.mismatch", (await ReadAsync(other)).GetProperty("code").GetString());
        var bases = await client.GetFromJsonAsync<JsonElement>("/api/knowledge-bases?limit=200", Token);
        Assert.Single(bases.GetProperty("items").EnumerateArray(), item => first.EndsWith(item.GetProperty("id").GetString()!, StringComparison.Ordinal));
        Assert.DoesNotContain(bases.GetProperty("items").EnumerateArray(), item => item.GetProperty("name").GetString() == "Something else");
    }

    [Fact]
    public async Task Content_IsTheFile_NeverAPage()
    {
        using var client = await studio.SignedInAsync();
        var id = await CreateBaseAsync(client);
        var bytes = "<script>alert(1)</script>"u8.ToArray();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(bytes), "files", "../page é.html" } };
        using var added = await client.PostAsync($"{id}/documents", form, Token);
        var document = (await ReadAsync(added)).GetProperty("documents")[0].GetProperty("id").GetString();

        using var response = await client.GetAsync($"{id}/documents/{document}/content", Token);
        Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.DoesNotContain("/", response.Content.Headers.ContentDisposition.FileNameStar, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("default-src 'none'; sandbox", response.Headers.GetValues("Content-Security-Policy").Single());

        using var part = new HttpRequestMessage(HttpMethod.Get, $"{id}/documents/{document}/content") { Headers = { Range = new(1, 6) } };
        using var ranged = await client.SendAsync(part, Token);
        Assert.Equal(bytes[1..7], await ranged.Content.ReadAsByteArrayAsync(Token));

        using var gone = await client.GetAsync($"{id}/documents/{Guid.NewGuid()}/content", Token);
        Assert.Equal("knowledge.document_not_found", (await ReadAsync(gone)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Search_ReturnsHitsWithTheirPlaceAndTheScoreOfEachLeg()
    {
        studio.Search.Hits.Clear();
        studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Paris is the capital.", page: 3));
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsJsonAsync($"{await CreateBaseAsync(client)}/search", new { query = "capital", k = 3, mode = "lexical" }, Token);
        var body = await ReadAsync(response);
        var hit = body.GetProperty("hits")[0];
        Assert.Equal(3, hit.GetProperty("page").GetInt32());
        Assert.All(
            ["passageId", "documentId", "document", "start", "end", "text", "score", "dense", "lexical"],
            name => Assert.True(hit.TryGetProperty(name, out _), name));
        Assert.True(body.GetProperty("timings").TryGetProperty("totalMs", out _));
        Assert.False(studio.Search.Asked!.Parents);
    }

    [Fact]
    public async Task Search_SaysWhatAModelWouldRead_WhereItIsAsked()
    {
        studio.Search.Hits.Clear();
        studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Paris is the capital.") with { Parent = new(0, 40, "Paris is the capital. Lyon lies south.", 1, 1) });
        studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Rome is another."));
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsJsonAsync($"{await CreateBaseAsync(client)}/search", new { query = "capital", parents = true }, Token);
        var hits = (await ReadAsync(response)).GetProperty("hits");

        Assert.True(studio.Search.Asked!.Parents);
        Assert.Equal("Paris is the capital.", hits[0].GetProperty("text").GetString());
        Assert.Equal((0, 40), (hits[0].GetProperty("parent").GetProperty("start").GetInt32(), hits[0].GetProperty("parent").GetProperty("end").GetInt32()));
        Assert.Equal(JsonValueKind.Null, hits[1].GetProperty("parent").ValueKind);
    }

    [Fact]
    public async Task Search_TakesOptionsAndFilters_OverThoseOfTheBase()
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsJsonAsync(
            $"{await CreateBaseAsync(client)}/search",
            new
            {
                query = "capital",
                fusion = "reciprocalRank",
                rerank = "crossEncoder",
                diversity = .3,
                neighbours = 2,
                filter = new { conditions = new object[] { new { field = "signed", op = "atLeast", values = new object[] { "2026-01-31" } }, new { field = "draft", values = new object[] { true, 2, "x" } } } },
            },
            Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var asked = studio.Search.Asked!;
        var settings = asked.Changes!(SearchSettings.Default with { Limit = 7, Diversity = .9 });
        Assert.Equal((FusionMethod.ReciprocalRank, RerankMethod.CrossEncoder, .3, 2, 7), (settings.Fusion, settings.Rerank, settings.Diversity, settings.Neighbours, settings.Limit));
        Assert.Equal((FilterOperator.AtLeast, MetadataType.Date), (asked.Filter.Conditions[0].Operator, asked.Filter.Conditions[0].Values[0].Type));
        Assert.Equal([MetadataType.Flag, MetadataType.Number, MetadataType.Text], asked.Filter.Conditions[1].Values.Select(value => value.Type));
    }

    [Fact]
    public async Task Metadata_IsKeptWithItsTypes()
    {
        using var client = await studio.SignedInAsync();
        var documents = $"{await CreateBaseAsync(client)}/documents";
        using var accepted = await client.PostAsync(documents, Files(("geography.md", Text)), Token);
        var address = $"{documents}/{(await ReadAsync(accepted)).GetProperty("documents")[0].GetProperty("id").GetString()}/metadata";
        const string Metadata = """{"team":"sales","year":2024,"draft":true,"signed":{"date":"2026-01-31T00:00:00Z"},"code":"2026-01-31"}""";

        using var blind = await client.PutAsync(address, new StringContent(Metadata, Encoding.UTF8, "application/json"), Token);
        using var described = await PutAsync("0", Metadata);
        using var late = await PutAsync("0", """{"team":"legal"}""");
        using var wrong = await PutAsync("1", """{"team":["a"]}""");
        using var tooLong = await PutAsync("1", $$"""{"{{new string('x', 101)}}":"y"}""");

        Assert.Equal((HttpStatusCode)428, blind.StatusCode);
        Assert.Equal("\"1\"", described.Headers.ETag!.Tag);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "knowledge.metadata_conflict"), (late.StatusCode, (await ReadAsync(late)).GetProperty("code").GetString()));
        Assert.True(JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(Metadata), (await ReadAsync(described)).GetProperty("metadata")));
        Assert.Equal("request.malformed", (await ReadAsync(wrong)).GetProperty("code").GetString());
        Assert.Equal("knowledge.metadata_too_long", (await ReadAsync(tooLong)).GetProperty("code").GetString());

        async Task<HttpResponseMessage> PutAsync(string version, string body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.IfMatch.Add(new($"\"{version}\""));
            return await client.SendAsync(request, Token);
        }
    }

    [Theory]
    [InlineData("qdrant", "index.qdrant_not_set")]
    [InlineData("elsewhere", "knowledge.unknown_choice")]
    public async Task Move_IsRefused_WithWhatIsMissing(string store, string code)
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.PutAsJsonAsync($"{await CreateBaseAsync(client)}/store", new { store }, Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(code, (await ReadAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("""{"query":"x","mode":"fuzzy"}""", "knowledge.unknown_mode")]
    [InlineData("""{"query":"x","rerank":"magic"}""", "knowledge.unknown_choice")]
    [InlineData("""{"query":"x","fusion":"magic"}""", "knowledge.unknown_choice")]
    [InlineData("""{"query":"x","k":101}""", "request.out_of_range")]
    [InlineData("""{"query":"x","filter":{"conditions":[{"field":"a","op":"like","values":["b"]}]}}""", "knowledge.bad_filter")]
    [InlineData("""{"query":"x","filter":{"conditions":[{"field":"a","values":[null]}]}}""", "knowledge.bad_filter")]
    public async Task Search_SaysWhatAnOptionMayBe(string body, string code)
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsync($"{await CreateBaseAsync(client)}/search", new StringContent(body, Encoding.UTF8, "application/json"), Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(code, (await ReadAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Ask_StreamsRetrievedThenDeltasThenDone()
    {
        studio.Search.Hits.Clear();
        studio.Search.Hits.Add(FakeKnowledgeSearch.Hit("Paris is the capital."));
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsJsonAsync($"{await CreateBaseAsync(client)}/ask", new { question = "Which capital?" }, Token);
        var events = (await response.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["retrieved", "delta", "done"], events.Select(e => e.Split('\n')[0]["event: ".Length..]).Distinct());
        var done = JsonSerializer.Deserialize<JsonElement>(events[^1].Split('\n')[1]["data: ".Length..]);
        Assert.All(["citations", "usage", "timings"], name => Assert.True(done.TryGetProperty(name, out _), name));
    }

    [Theory]
    [InlineData("/api/knowledge-bases/0199f3f4-0000-7000-8000-000000000000", 404, "knowledge.base_not_found")]
    [InlineData("/api/knowledge-bases/not-an-id", 404, "access.not_found")]
    [InlineData("/api/knowledge-bases?limit=0", 422, "request.out_of_range")]
    [InlineData("/api/nothing", 404, "access.not_found")]
    public async Task Get_AnswersWithProblemDetails(string url, int status, string code)
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.GetAsync(url, Token);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(code, (await ReadAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Create_SaysWhatIsWrong_WhenTheBodyIsNoJson()
    {
        using var client = await studio.SignedInAsync();
        using var response = await client.PostAsync("/api/knowledge-bases", new StringContent("{", Encoding.UTF8, "application/json"), Token);
        var error = await ReadAsync(response);
        Assert.Equal("request.malformed", error.GetProperty("code").GetString());
        Assert.Equal("The JSON of this request cannot be read at $, line 1, byte 2.", error.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Apps_AreMadeSavedPublishedAndAskedAsAModel()
    {
        using var client = await studio.SignedInAsync();
        using var created = await client.PostAsJsonAsync("/api/apps", new { name = "Filings", model = "scripted", instructions = "Be brief." }, Token);
        var app = await ReadAsync(created);
        using var unread = await client.PutAsJsonAsync($"/api/apps/{app.GetProperty("id")}/draft", new { name = "Filings" }, Token);
        Assert.Equal("request.revision_missing", (await ReadAsync(unread)).GetProperty("code").GetString());
        using var stale = new HttpRequestMessage(HttpMethod.Put, $"/api/apps/{app.GetProperty("id")}/draft") { Content = JsonContent.Create(new { name = "Filings" }), Headers = { { "If-Match", "\"99\"" } } };
        using var conflict = await client.SendAsync(stale, Token);
        Assert.Equal(HttpStatusCode.PreconditionFailed, conflict.StatusCode);
        using var published = await client.PostAsync($"/api/apps/{app.GetProperty("id")}/versions", null, Token);
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);

        using var answer = await client.PostAsJsonAsync(
            "/v1/chat/completions", new { model = $"app:{app.GetProperty("slug")}", messages = new[] { new { role = "user", content = "Capital?" } } }, Token);
        Assert.Equal("Paris is the capital.", (await ReadAsync(answer)).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Contains(studio.Chat.Requests[^1].Messages, message => message.Text.Contains("Be brief.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rename_TakesTheStateThatWasRead_AndRefusesAnOlderOne()
    {
        using var client = await studio.SignedInAsync();
        var address = await CreateBaseAsync(client);
        using var found = await client.GetAsync(address, Token);
        using var unread = await client.PutAsJsonAsync(address, new { name = "Reports" }, Token);
        Assert.Equal(428, (int)unread.StatusCode);
        using var renamed = await PutAsync(client, address, found.Headers.ETag!.Tag, "Reports");
        Assert.Equal("Reports", (await ReadAsync(renamed)).GetProperty("name").GetString());
        using var late = await PutAsync(client, address, found.Headers.ETag.Tag, "Letters");
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        Assert.Equal("knowledge.conflict", (await ReadAsync(late)).GetProperty("code").GetString());
        using var next = await PutAsync(client, address, renamed.Headers.ETag!.Tag, "Letters");
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task Create_TellsRequestsOfOneLengthApart()
    {
        using var client = await studio.SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "same-length");
        using var first = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "aaaa" }, Token);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        using var other = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "bbbb" }, Token);
        Assert.Equal("idempotency.mismatch", (await ReadAsync(other)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task AnApp_ListsItsVersions_AndGivesOutALinkOnce()
    {
        using var client = await studio.SignedInAsync();
        using var created = await client.PostAsJsonAsync("/api/apps", new { name = "Filings", model = "scripted" }, Token);
        var address = $"/api/apps/{(await ReadAsync(created)).GetProperty("id")}";
        using var early = await client.PostAsync($"{address}/link", null, Token);
        Assert.Equal("app.not_published", (await ReadAsync(early)).GetProperty("code").GetString());
        using var first = await client.PostAsync($"{address}/versions", null, Token);
        using var second = await client.PostAsync($"{address}/versions", null, Token);
        var versions = (await client.GetFromJsonAsync<JsonElement>($"{address}/versions", Token)).GetProperty("items");
        Assert.Equal([2, 1], versions.EnumerateArray().Select(version => version.GetProperty("number").GetInt32()));

        using var made = await client.PostAsync($"{address}/link", null, Token);
        var link = await ReadAsync(made);
        Assert.Equal((60, 1000), (link.GetProperty("answersPerHour").GetInt32(), link.GetProperty("answersPerDay").GetInt32()));
        var path = new Uri(link.GetProperty("url").GetString()!).AbsolutePath;
        Assert.Matches("^/s/[A-Za-z0-9_-]{22}$", path);
        using var stranger = studio.CreateClient();
        Assert.Contains("Filings", await stranger.GetStringAsync(path, Token), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, (await client.GetFromJsonAsync<JsonElement>($"{address}/link", Token)).GetProperty("url").ValueKind);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"{address}/link", Token)).StatusCode);
        Assert.DoesNotContain("Filings", await stranger.GetStringAsync(path, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnApp_IsSilent_OnceItsPublisherMayNoLongerUseItsModel()
    {
        var publisher = await studio.JoinAsync("publisher@example.org", Role.Builder);
        using var theirs = await studio.SignedInAsync(publisher.User, [.. RolePermissions.Of(Role.Builder)]);
        using var created = await theirs.PostAsJsonAsync("/api/apps", new { name = "Filings", model = "scripted" }, Token);
        var app = await ReadAsync(created);
        using var published = await theirs.PostAsync($"/api/apps/{app.GetProperty("id")}/versions", null, Token);
        using var client = await studio.SignedInAsync();
        var question = new { model = $"app:{app.GetProperty("slug")}", messages = new[] { new { role = "user", content = "Capital?" } } };
        using var answered = await client.PostAsJsonAsync("/v1/chat/completions", question, Token);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);

        await studio.Services.GetRequiredService<AccountStore>().SuspendAsync(publisher.Workspace, publisher.User, true, null, Token);
        using var silent = await client.PostAsJsonAsync("/v1/chat/completions", question, Token);
        Assert.Equal(HttpStatusCode.Forbidden, silent.StatusCode);
        Assert.Equal("app.publisher_gone", (await ReadAsync(silent)).GetProperty("error").GetProperty("code").GetString());
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string address, string tag, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = JsonContent.Create(new { name }), Headers = { { "If-Match", tag } } };
        return await client.SendAsync(request, Token);
    }

    private static async Task<string> CreateBaseAsync(HttpClient client)
    {
        using var created = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "Filings" }, Token);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return $"/api/knowledge-bases/{(await ReadAsync(created)).GetProperty("id").GetString()}";
    }

    private static MultipartFormDataContent Files(params (string Name, string Text)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, text) in files)
        {
            form.Add(new StringContent(text, Encoding.UTF8, "text/markdown"), "files", name);
        }

        return form;
    }

    private static Task<JsonElement> ReadAsync(HttpResponseMessage response) => response.Content.ReadFromJsonAsync<JsonElement>(Token);
}
