using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Tests.Api;

public sealed class PromptsApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Content = """{"messages":[{"role":"system","text":"Be {{tone}}."},{"role":"user","text":"{{q}}"}],"settings":{"temperature":0.4}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APrompt_IsCreated_Versioned_Compared_Restored_Forked_AndDeleted()
    {
        using var client = await studio.SignedInAsync();
        var created = await SendAsync(client, HttpMethod.Post, "/api/prompts", New("Refund reply"), HttpStatusCode.Created);
        var path = $"/api/prompts/{created["id"]}";
        Assert.Equal("prompt:refund-reply", created["reference"]!.GetValue<string>());

        var second = Content.Replace("0.4", "0.2", StringComparison.Ordinal).Replace("Be {{tone}}.", "Be {{tone}}.\\nCite.", StringComparison.Ordinal);
        var version = await SendAsync(client, HttpMethod.Post, $"{path}/versions", Body($$"""{"content":{{second}},"message":"cites"}"""), HttpStatusCode.Created);
        Assert.Equal(2, version["number"]!.GetValue<int>());
        Assert.Equal(64, version["hash"]!.GetValue<string>().Length);

        var diff = await GetAsync(client, $"{path}/diff?from=1&to=2");
        Assert.Equal("[{\"kind\":\"temperature\",\"name\":\"\",\"before\":\"0.4\",\"after\":\"0.2\"}]", diff["parameters"]!.ToJsonString());
        Assert.Equal("Cite.", diff["messages"]![0]!["hunks"]![0]!["added"]!.AsArray()[^1]!.GetValue<string>());
        Assert.Empty(diff["messages"]![1]!["hunks"]!.AsArray());

        Assert.Equal("Be {{tone}}.", (await GetAsync(client, $"{path}/versions/1"))["content"]!["messages"]![0]!["text"]!.GetValue<string>());
        var restored = await SendAsync(client, HttpMethod.Post, $"{path}/versions/1/restore", Body("{}"), HttpStatusCode.Created);
        Assert.Equal((3, 1), (restored["number"]!.GetValue<int>(), restored["parent"]!["number"]!.GetValue<int>()));
        var fork = await SendAsync(client, HttpMethod.Post, $"{path}/versions/2/fork", Body("""{"name":"Other"}"""), HttpStatusCode.Created);
        Assert.Equal("refund-reply", fork["latest"]!["parent"]!["slug"]!.GetValue<string>());

        var exported = await client.GetStringAsync($"{path}/versions/2/export", Token);
        var imported = await SendAsync(client, HttpMethod.Post, "/api/prompts/import", new JsonObject { ["text"] = exported, ["name"] = "Again" }, HttpStatusCode.Created);
        Assert.Equal(version["hash"]!.GetValue<string>(), imported["prompt"]!["latest"]!["hash"]!.GetValue<string>());

        var page = await GetAsync(client, $"{path}/versions?limit=2");
        Assert.Equal(2, page["items"]!.AsArray().Count);
        Assert.Single((await GetAsync(client, $"{path}/versions?limit=2&after={page["after"]}"))["items"]!.AsArray());
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"{path}/versions/2", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync(path, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path, Token)).StatusCode);
    }

    [Fact]
    public async Task ALabel_MovesWithItsTag_AndTheSecondIsToldWhoCameFirst()
    {
        using var client = await studio.SignedInAsync();
        var id = (await SendAsync(client, HttpMethod.Post, "/api/prompts", New("Labelled"), HttpStatusCode.Created))["id"]!;
        await SendAsync(client, HttpMethod.Post, $"/api/prompts/{id}/versions", Body("""{"content":{"messages":[{"role":"user","text":"two"}]}}"""), HttpStatusCode.Created);
        var path = $"/api/prompts/{id}/labels/production";

        var first = await MoveAsync(client, path, 1, null);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var tag = first.Headers.ETag!.Tag;
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await MoveAsync(client, path, 2, null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await MoveAsync(client, path, 2, tag)).StatusCode);
        var late = await MoveAsync(client, path, 1, tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        var problem = await late.Content.ReadFromJsonAsync<JsonNode>(Token);
        Assert.Equal("prompt.label_moved", problem!["code"]!.GetValue<string>());
        Assert.Contains("moved the label production to version 2", problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Conflict, (await client.DeleteAsync($"/api/prompts/{id}/versions/2", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionRequired, (await client.DeleteAsync(path, Token)).StatusCode);
        using var remove = new HttpRequestMessage(HttpMethod.Delete, path);
        remove.Headers.TryAddWithoutValidation("If-Match", (await client.GetAsync(path, Token)).Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync(remove, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path, Token)).StatusCode);
    }

    [Fact]
    public async Task Forms_AreSavedAgainstWhatWasRead_AndListsAreFiltered()
    {
        using var client = await studio.SignedInAsync();
        var created = await SendAsync(client, HttpMethod.Post, "/api/prompts", New("Ostrich mail"), HttpStatusCode.Created);
        var path = $"/api/prompts/{created["id"]}";
        var tag = (await client.GetAsync(path, Token)).Headers.ETag!.Tag;
        Assert.Equal(HttpStatusCode.PreconditionRequired, (await client.PutAsJsonAsync(path, new { folder = "Birds" }, Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(client, path, """{"folder":"Birds/Big","tags":["wild"]}""", tag)).StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PutAsync(client, path, """{"name":"x"}""", tag)).StatusCode);

        Assert.Single((await GetAsync(client, "/api/prompts?folder=Birds&tag=wild&search=ostrich"))["items"]!.AsArray());
        Assert.Empty((await GetAsync(client, "/api/prompts?folder=Birds&archived=true"))["items"]!.AsArray());
        Assert.Contains("Birds/Big", (await GetAsync(client, "/api/prompts/shelves"))["folders"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.GetAsync("/api/prompts?limit=0", Token)).StatusCode);
    }

    [Fact]
    public async Task TheSameKey_CreatesOnce_AndRightsAreAsked()
    {
        using var client = await studio.SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await SendAsync(client, HttpMethod.Post, "/api/prompts", New("Once"), HttpStatusCode.Created);
        var again = await SendAsync(client, HttpMethod.Post, "/api/prompts", New("Once"), HttpStatusCode.Created);
        Assert.Equal(first["id"]!.GetValue<string>(), again["id"]!.GetValue<string>());

        using var reader = await studio.SignedInAsync(Permissions.PromptsRead);
        Assert.Equal(HttpStatusCode.Forbidden, (await reader.PostAsync("/api/prompts", JsonContent.Create(New("No")), Token)).StatusCode);
        using var writer = await studio.SignedInAsync(Permissions.PromptsWrite, Permissions.PromptsRead);
        Assert.Equal(HttpStatusCode.Forbidden, (await MoveAsync(writer, $"/api/prompts/{first["id"]}/labels/production", 1, null)).StatusCode);
        using var nobody = await studio.SignedInAsync(Permissions.ModelsUse);
        Assert.Equal(HttpStatusCode.Forbidden, (await nobody.GetAsync("/api/prompts", Token)).StatusCode);
    }

    [Theory]
    [InlineData("""{"content":null}""", "prompt.unreadable")]
    [InlineData("""{"name":"x","content":{"messages":[]}}""", "prompt.empty")]
    [InlineData("""{"name":"x","content":{"messages":[{"role":"user","text":"\ud800"}]}}""", "prompt.unreadable")]
    [InlineData("""{"name":"x","content":{"messages":[{"role":"user","text":"a"}],"model":"prompt:y"}}""", "prompt.model_is_prompt")]
    [InlineData("""{"name":" ","content":{"messages":[{"role":"user","text":"a"}]}}""", "prompt.name")]
    public async Task WhatIsNoPrompt_IsRefused(string body, string code)
    {
        using var client = await studio.SignedInAsync();
        var answer = await client.PostAsync("/api/prompts", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(code, (await answer.Content.ReadFromJsonAsync<JsonNode>(Token))!["code"]!.GetValue<string>());
    }

    private static JsonNode Body(string json) => JsonNode.Parse(json)!;

    private static JsonNode New(string name) => Body($$"""{"name":"{{name}}","content":{{Content}},"message":"first"}""");

    private static async Task<JsonNode> GetAsync(HttpClient client, string path) => JsonNode.Parse(await client.GetStringAsync(path, Token))!;

    private static async Task<JsonNode> SendAsync(HttpClient client, HttpMethod method, string path, JsonNode body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        var answer = await client.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    private static Task<HttpResponseMessage> MoveAsync(HttpClient client, string path, int version, string? tag) => PutAsync(client, path, $$"""{"version":{{version}}}""", tag);

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, string path, string body, string? tag)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(Body(body)) };
        if (tag is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        }

        return client.SendAsync(request, Token);
    }
}
