using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Tests.Api;

/// <summary>The workspace as an MCP server, spoken to by the protocol's own client.</summary>
public sealed class McpApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Greeting = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ start.name }}!"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true,"description":"Whom to greet."}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PublishedFlows_AreTools_WithTheirInputs_AndAnswer()
    {
        using var owner = await studio.SignedInAsync();
        using var created = await owner.PostAsJsonAsync("/api/flows", new { name = "Greeter", definition = JsonNode.Parse(Greeting) }, Token);
        var flow = (await created.Content.ReadFromJsonAsync<JsonObject>(Token))!["id"]!;
        await using (var before = await ConnectAsync(owner))
        {
            Assert.DoesNotContain(await before.ListToolsAsync(cancellationToken: Token), tool => tool.Name == "flow_greeter");
        }

        (await owner.PostAsJsonAsync($"/api/flows/{flow}/versions", new { message = "" }, Token)).EnsureSuccessStatusCode();
        await using var client = await ConnectAsync(owner);
        var tool = Assert.Single(await client.ListToolsAsync(cancellationToken: Token), found => found.Name == "flow_greeter");
        Assert.Equal("Whom to greet.", tool.JsonSchema.GetProperty("properties").GetProperty("name").GetProperty("description").GetString());

        var answer = await client.CallToolAsync("flow_greeter", new Dictionary<string, object?> { ["name"] = "Ada" }, cancellationToken: Token);
        Assert.NotEqual(true, answer.IsError);
        Assert.Equal("Hello Ada!", Assert.IsType<TextContentBlock>(Assert.Single(answer.Content)).Text);
        var run = (await owner.GetFromJsonAsync<JsonObject>($"/api/runs?flow={flow}", Token))!["items"]![0]!;
        Assert.Equal("tool", run["trigger"]!.GetValue<string>());

        var missing = await client.CallToolAsync("flow_greeter", new Dictionary<string, object?>(), cancellationToken: Token);
        Assert.True(missing.IsError);
        Assert.Contains("needs the input", Assert.IsType<TextContentBlock>(missing.Content[0]).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKey_HasTheToolsOfItsScopes_AndACookieHasNone()
    {
        using var narrow = await studio.SignedInAsync(Permissions.FlowsRead, Permissions.KnowledgeSearch);
        await using var client = await ConnectAsync(narrow);
        Assert.Equal(["search_knowledge"], (await client.ListToolsAsync(cancellationToken: Token)).Select(tool => tool.Name));
        var refused = await client.CallToolAsync("flow_greeter", new Dictionary<string, object?> { ["name"] = "Ada" }, cancellationToken: Token);
        Assert.True(refused.IsError);
        var found = await client.CallToolAsync("search_knowledge", new Dictionary<string, object?> { ["query"] = "capital" }, cancellationToken: Token);
        Assert.NotEqual(true, found.IsError);

        using var stranger = studio.CreateClient();
        using var asked = await stranger.PostAsJsonAsync("/mcp", new { jsonrpc = "2.0", id = 1, method = "tools/list" }, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
        using var other = await studio.SignedInAsync(Permissions.KnowledgeRead);
        using var forbidden = await other.PostAsJsonAsync("/mcp", new { jsonrpc = "2.0", id = 1, method = "tools/list" }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    private static Task<McpClient> ConnectAsync(HttpClient http) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions { Endpoint = new Uri(http.BaseAddress!, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp }, http), cancellationToken: Token);
}
