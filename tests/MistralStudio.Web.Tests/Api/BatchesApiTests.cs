using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Prompts over tables by <c>/api/batches</c>, with the child that reads tables, the store and the owner of work as they are.</summary>
public sealed class BatchesApiTests : IAsyncLifetime
{
    private const string Csv = "Ask;Lang\r\n\"What is \"\"it\"\"?\";fr\r\n=1+1;de\r\nBroken;\r\n";

    private readonly ApiStudio _studio = new();
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static object Content => new { messages = new[] { new { role = "user", text = "Say {{ask}} in {{lang}}" } }, variables = new[] { new { name = "lang", kind = "choice", choices = new[] { "fr", "de" } } } };

    public async ValueTask InitializeAsync()
    {
        _studio.Chat = new ScriptedChatClient(asked => $"={asked[^1].Text}");
        _client = await _studio.SignedInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task ATable_IsFilledRowByRow_AndComesBackWithItsColumns()
    {
        var table = await AddAsync("questions.csv", Csv);
        Assert.Equal(3, table.GetProperty("rows").GetInt32());
        Assert.Equal("table.separator", table.GetProperty("notes")[0].GetProperty("code").GetString());

        var batch = await StartAsync(new { table = table.GetProperty("id").GetString(), content = Content, parallelism = 1 });
        Assert.Equal("Ask", batch.GetProperty("columns").GetProperty("ask").GetString());
        var done = await EndedAsync(batch);
        Assert.Equal(("done", 3, 2, 1), (done.GetProperty("state").GetString(), done.GetProperty("done").GetInt32(), done.GetProperty("succeeded").GetInt32(), done.GetProperty("failed").GetInt32()));
        Assert.Equal(["answer", "state", "error"], done.GetProperty("adds").EnumerateArray().Select(name => name.GetString()));
        Assert.True(done.GetProperty("spent").GetProperty("inputTokens").GetInt32() > 0);

        var id = done.GetProperty("id").GetString();
        var failed = await _client.GetFromJsonAsync<JsonElement>($"/api/batches/{id}/rows?state=failed", Token);
        var row = Assert.Single(failed.GetProperty("items").EnumerateArray());
        Assert.Equal((2, "prompt.wrong_value"), (row.GetProperty("row").GetInt32(), row.GetProperty("error").GetProperty("code").GetString()));
        var first = await _client.GetFromJsonAsync<JsonElement>($"/api/batches/{id}/rows?limit=1", Token);
        Assert.Equal("What is \"it\"?", first.GetProperty("items")[0].GetProperty("cells").GetProperty("Ask").GetString());
        Assert.Equal("=Say What is \"it\"? in fr", first.GetProperty("items")[0].GetProperty("added").GetProperty("answer").GetString());
        Assert.Equal("0", first.GetProperty("after").GetString());

        using var csv = await _client.GetAsync($"/api/batches/{id}/export", Token);
        Assert.Equal("questions-answers.csv", csv.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.StartsWith("escaped", csv.Headers.GetValues("Table-Formulas").Single(), StringComparison.Ordinal);
        Assert.Equal(
            "\uFEFFAsk,Lang,answer,state,error\r\n\"What is \"\"it\"\"?\",fr,\"'=Say What is \"\"it\"\"? in fr\",succeeded,\r\n'=1+1,de,'=Say =1+1 in de,succeeded,\r\n"
            + "Broken,,,failed,\"The value of \"\"lang\"\" has to be one of \"\"fr\"\", \"\"de\"\".\"\r\n",
            Encoding.UTF8.GetString(await csv.Content.ReadAsByteArrayAsync(Token)));
        var lines = (await _client.GetStringAsync($"/api/batches/{id}/export?format=jsonl", Token)).TrimEnd().Split('\n');
        Assert.Equal("=Say =1+1 in de", JsonElement.Parse(lines[1]).GetProperty("answer").GetString());
        using var book = new ZipArchive(await _client.GetStreamAsync($"/api/batches/{id}/export?format=xlsx", Token));
        Assert.NotNull(book.GetEntry("xl/worksheets/sheet1.xml"));
        Assert.Contains("batch.exported", await _client.GetStringAsync("/api/audit", Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _client.GetAsync($"/api/batches/{id}/export?format=pdf", Token)).StatusCode);

        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync($"/api/batches/{id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"/api/batches/{id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"/api/batches/tables/{table.GetProperty("id").GetString()}", Token)).StatusCode);
    }

    [Fact]
    public async Task ImagesOfAPrompt_AreShownWithEveryRow_AndAModelThatReadsNone_IsAskedNothing()
    {
        var prompt = new { name = "Stamps", content = new { messages = new[] { new { role = "user", text = "Is it {{ask}}?", images = new[] { new { name = "seal.png", data = Pictures.PngUri } } } } } };
        using var created = await _client.PostAsJsonAsync("/api/prompts", prompt, Token);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var order = new { table = (await PasteAsync("ask\nround\nred\n")).GetProperty("id").GetString(), prompt = "prompt:stamps" };
        using var refused = await _client.PostAsJsonAsync("/api/batches", order, Token);
        Assert.Contains("image", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("title").GetString(), StringComparison.Ordinal);

        _studio.Chat = new ScriptedChatClient(_ => "Yes") { Abilities = ChatAbilities.All with { Images = true } };
        var done = await EndedAsync(await StartAsync(order));
        Assert.Equal(2, done.GetProperty("succeeded").GetInt32());
        Assert.Equal(["Is it red?", "Is it round?"], _studio.Chat.Requests.Select(request => request.Messages[^1].Text).Order(StringComparer.Ordinal));
        Assert.All(_studio.Chat.Requests, request => Assert.Equal(Pictures.Png, request.Messages[^1].Contents.OfType<DataContent>().Single().Data.ToArray()));
    }

    [Fact]
    public async Task ABudget_PausesIt_AndABudgetThatIsRaisedLetsItGoOn()
    {
        var table = await PasteAsync("ask\n" + string.Concat(Enumerable.Range(0, 20).Select(row => $"q{row}\n")));
        var batch = await StartAsync(new { table = table.GetProperty("id").GetString(), content = Content, values = new { lang = "fr" }, columns = new { ask = "ask" }, parallelism = 1, budget = new { rows = 5 } });
        var paused = await EndedAsync(batch);
        Assert.Equal(("paused", 5, "batch.budget_reached"), (paused.GetProperty("state").GetString(), paused.GetProperty("done").GetInt32(), paused.GetProperty("reason").GetProperty("code").GetString()));

        var address = $"/api/batches/{batch.GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.Conflict, (await _client.PostAsync($"{address}/pause", null, Token)).StatusCode);
        using var resumed = await _client.PostAsJsonAsync($"{address}/resume", new { budget = new { rows = 100 } }, Token);
        Assert.Equal(HttpStatusCode.Accepted, resumed.StatusCode);
        Assert.Equal("done", (await EndedAsync(batch)).GetProperty("state").GetString());
        Assert.Equal(20, _studio.Chat.Requests.Count);

        var events = await _client.GetStringAsync($"{address}/events", Token);
        Assert.StartsWith("event: progress\ndata: {\"state\":\"done\",\"rows\":20", events, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsCancelled_StopsAtOnce_KeepsItsAnswers_AndFailedRowsAreAskedOnceMore()
    {
        var asked = new TaskCompletionSource();
        var isSilent = true;
        _studio.Chat = new ScriptedChatClient(_ => "yes")
        {
            BeforeWord = async token =>
            {
                if (isSilent)
                {
                    asked.TrySetResult();
                    await Task.Delay(Timeout.Infinite, token);
                }
            },
        };
        var table = await PasteAsync("ask,lang\na,fr\nb,es\n");
        var batch = await StartAsync(new { table = table.GetProperty("id").GetString(), content = Content, parallelism = 1 });
        await asked.Task.WaitAsync(Token);
        var address = $"/api/batches/{batch.GetProperty("id").GetString()}";
        Assert.Equal(HttpStatusCode.Conflict, (await _client.DeleteAsync(address, Token)).StatusCode);
        using var cancelled = await _client.PostAsync($"{address}/cancel", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        Assert.Equal("cancelled", (await EndedAsync(batch)).GetProperty("state").GetString());

        isSilent = false;
        Assert.Equal(HttpStatusCode.Accepted, (await _client.PostAsync($"{address}/resume", null, Token)).StatusCode);
        var done = await EndedAsync(batch);
        Assert.Equal(("done", 1, 1), (done.GetProperty("state").GetString(), done.GetProperty("succeeded").GetInt32(), done.GetProperty("failed").GetInt32()));
        Assert.Equal(HttpStatusCode.Accepted, (await _client.PostAsync($"{address}/retry", null, Token)).StatusCode);
        Assert.Equal(1, (await EndedAsync(batch)).GetProperty("failed").GetInt32());
        Assert.Contains("batch.retried", await _client.GetStringAsync("/api/audit", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSameOrderSentTwice_IsOneBatch()
    {
        var table = await PasteAsync("ask,lang\na,fr\n");
        var body = new { table = table.GetProperty("id").GetString(), content = Content };
        var ids = new List<string?>();
        for (var i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/batches") { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", "once");
            using var answer = await _client.SendAsync(request, Token);
            ids.Add((await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString());
        }

        Assert.Single(ids.Distinct());
        Assert.Single((await _client.GetFromJsonAsync<JsonElement>("/api/batches", Token)).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task ASavedPrompt_IsPinned_WhenItIsStarted()
    {
        using var made = await _client.PostAsJsonAsync("/api/batches", new { table = (await PasteAsync("ask\na\n")).GetProperty("id").GetString(), prompt = "prompt:nowhere" }, Token);
        Assert.Equal(HttpStatusCode.NotFound, made.StatusCode);
        var prompts = Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<Core.Prompts.IPromptStore>(_studio.Services);
        var owner = (await Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<Data.Accounts.AccountStore>(_studio.Services).FindDefaultOwnerAsync(Token))!;
        var content = new Core.Prompts.PromptContent { Messages = [new(Core.Conversations.MessageRole.User, "First {{ask}}")] };
        var prompt = (await prompts.CreateAsync(owner.Workspace, Core.Prompts.PromptForm.Named("Echo"), content, "", owner.User, Token)).Value;

        var batch = await StartAsync(new { table = (await PasteAsync("ask\na\n")).GetProperty("id").GetString(), prompt = "prompt:echo" });
        Assert.Equal("prompt:echo@1", batch.GetProperty("prompt").GetString());
        await prompts.AddVersionAsync(owner.Workspace, prompt.Id, content with { Messages = [new(Core.Conversations.MessageRole.User, "Second {{ask}}")] }, "", null, owner.User, Token);
        await EndedAsync(batch);
        Assert.Equal("First a", _studio.Chat.Requests.Single().Messages[^1].Text);
    }

    [Fact]
    public async Task AMember_SeesTheirOwn_AndAViewerStartsNone()
    {
        var batch = await StartAsync(new { table = (await PasteAsync("ask,lang\na,fr\n")).GetProperty("id").GetString(), content = Content });
        var member = await _studio.JoinAsync("member@example.org", Role.Member);
        using var theirs = await _studio.SignedInAsync(member.User, Permissions.ModelsUse, Permissions.RunsRead);
        Assert.Empty((await theirs.GetFromJsonAsync<JsonElement>("/api/batches", Token)).GetProperty("items").EnumerateArray());
        foreach (var path in (string[])["", "/rows", "/export", "/events"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await theirs.GetAsync($"/api/batches/{batch.GetProperty("id").GetString()}{path}", Token)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await theirs.PostAsync($"/api/batches/{batch.GetProperty("id").GetString()}/cancel", null, Token)).StatusCode);
        using var stolen = await theirs.PostAsJsonAsync("/api/batches", new { table = batch.GetProperty("table").GetString(), content = Content }, Token);
        Assert.Equal(HttpStatusCode.NotFound, stolen.StatusCode);
        using var viewer = await _studio.SignedInAsync(Permissions.RunsRead);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsJsonAsync("/api/batches/tables/paste", new { text = "a\n1\n" }, Token)).StatusCode);
    }

    [Fact]
    public async Task WhatIsWrongWithATable_IsSaidWithItsLine()
    {
        using var answer = await _client.PostAsJsonAsync("/api/batches/tables/paste", new { text = "a,b\n1,\"2\n" }, Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("table.quote_not_closed", problem.GetProperty("code").GetString());
        Assert.Contains("line 2", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonElement> AddAsync(string name, string text)
    {
        using var body = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "files", name } };
        using var answer = await _client.PostAsync("/api/batches/tables", body, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<JsonElement> PasteAsync(string text)
    {
        using var answer = await _client.PostAsJsonAsync("/api/batches/tables/paste", new { text }, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<JsonElement> StartAsync(object order)
    {
        using var answer = await _client.PostAsJsonAsync("/api/batches", order, Token);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    // The stream of its progress ends when it stops by itself.
    private async Task<JsonElement> EndedAsync(JsonElement batch)
    {
        var address = $"/api/batches/{batch.GetProperty("id").GetString()}";
        await _client.GetStringAsync($"{address}/events", Token);
        return await _client.GetFromJsonAsync<JsonElement>(address, Token);
    }
}
