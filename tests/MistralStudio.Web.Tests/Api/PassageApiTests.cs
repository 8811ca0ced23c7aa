using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Tests.Api;

public sealed class PassageApiTests : IAsyncLifetime
{
    private readonly ApiStudio _studio = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task APassage_IsEdited_Disabled_AndGivenKeywords_OnWhatWasRead()
    {
        using var client = await _studio.SignedInAsync();
        var (address, passages) = await DocumentAsync(client);
        var passage = (await client.GetFromJsonAsync<JsonElement>(passages, Token)).GetProperty("items")[0];
        var one = $"{address}/passages/{passage.GetProperty("passageId").GetString()}";
        using var read = await client.GetAsync(one, Token);
        Assert.Equal("\"0\"", read.Headers.ETag!.Tag);

        using var blind = await client.PutAsJsonAsync(one, new { text = "Mine." }, Token);
        using var changed = await PutAsync("0", new { text = "Paris is where France is ruled from.", disabled = true, keywords = new[] { "seat of government" } });
        using var late = await PutAsync("0", new { text = "Lyon." });
        using var wrong = await PutAsync("1", new { text = "" });
        using var odd = await PutAsync("x", new { text = "Lyon." });

        Assert.Equal((HttpStatusCode)428, blind.StatusCode);
        var now = await ReadAsync(changed);
        Assert.Equal("\"1\"", changed.Headers.ETag!.Tag);
        Assert.Equal("Paris is where France is ruled from.", now.GetProperty("text").GetString());
        Assert.Equal(passage.GetProperty("text").GetString(), now.GetProperty("original").GetString());
        Assert.NotEmpty(now.GetProperty("edited").GetProperty("by").GetString()!);
        Assert.True(now.GetProperty("disabled").GetBoolean());
        Assert.Equal((HttpStatusCode.PreconditionFailed, "knowledge.passage_conflict"), (late.StatusCode, (await ReadAsync(late)).GetProperty("code").GetString()));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "knowledge.passage_text"), (wrong.StatusCode, (await ReadAsync(wrong)).GetProperty("code").GetString()));
        Assert.Equal(HttpStatusCode.PreconditionFailed, odd.StatusCode);
        foreach (var (query, expected) in new[] { ("mark=edited", 1), ("mark=disabled", 1), ("mark=keywords", 1), ("mark=repeated", 0), ("search=seat", 1), ("search=Berlin", 0) })
        {
            Assert.Equal(expected, (await client.GetFromJsonAsync<JsonElement>($"{passages}?{query}", Token)).GetProperty("items").GetArrayLength());
        }

        using var unknown = await client.GetAsync($"{passages}?mark=odd", Token);
        Assert.Equal("knowledge.unknown_choice", (await ReadAsync(unknown)).GetProperty("code").GetString());
        var audit = await client.GetFromJsonAsync<JsonElement>("/api/audit?limit=10", Token);
        Assert.Equal(
            ["passage.disabled", "passage.edited", "passage.keywords"],
            audit.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()!).Where(action => action.StartsWith("passage.", StringComparison.Ordinal)).Order());

        async Task<HttpResponseMessage> PutAsync(string version, object body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, one) { Content = JsonContent.Create(body) };
            request.Headers.IfMatch.Add(new($"\"{version}\""));
            return await client.SendAsync(request, Token);
        }
    }

    [Fact]
    public async Task WhoMayOnlyRead_ChangesNothing_AndAnotherBaseKnowsNoPassage()
    {
        using var client = await _studio.SignedInAsync();
        var (address, passages) = await DocumentAsync(client);
        var id = (await client.GetFromJsonAsync<JsonElement>(passages, Token)).GetProperty("items")[0].GetProperty("passageId").GetString();
        using var other = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "Other" }, Token);
        var elsewhere = $"/api/knowledge-bases/{(await ReadAsync(other)).GetProperty("id").GetString()}";
        using var reader = await _studio.SignedInAsync(Permissions.KnowledgeRead);

        async Task<HttpStatusCode> PutAsync(HttpClient who, string to)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"{to}/passages/{id}") { Content = JsonContent.Create(new { disabled = true }) };
            request.Headers.IfMatch.Add(new("\"0\""));
            return (await who.SendAsync(request, Token)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(reader, address));
        Assert.Equal(HttpStatusCode.NotFound, await PutAsync(client, elsewhere));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(client, address));
        using var refused = await reader.PostAsync($"{address}/embed-again", null, Token);
        using var unknown = await client.PostAsync($"/api/knowledge-bases/{Guid.NewGuid()}/embed-again", null, Token);
        using var begun = await client.PostAsync($"{address}/embed-again", null, Token);
        Assert.Equal(
            (HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Accepted), (refused.StatusCode, unknown.StatusCode, begun.StatusCode));
    }

    private static async Task<(string Address, string Passages)> DocumentAsync(HttpClient client)
    {
        using var made = await client.PostAsJsonAsync("/api/knowledge-bases", new { name = "Passages" }, Token);
        var address = $"/api/knowledge-bases/{(await ReadAsync(made)).GetProperty("id").GetString()}";
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes("# Geography\n\nParis is the capital of France.\n")), "files", "geography.md" } };
        using var accepted = await client.PostAsync($"{address}/documents", form, Token);
        var document = $"{address}/documents/{(await ReadAsync(accepted)).GetProperty("documents")[0].GetProperty("id").GetString()}";
        JsonElement item;
        do
        {
            await Task.Delay(20, Token);
            item = await client.GetFromJsonAsync<JsonElement>(document, Token);
        }
        while (item.GetProperty("state").GetString() is not ("indexed" or "failed"));

        return (address, $"{document}/passages");
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>(Token);
}
