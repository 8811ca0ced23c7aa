using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Tests.Api;

/// <summary>Which runs the list of runs has, and the pins of drafts that a run takes.</summary>
public sealed class RunListApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Split = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"which","type":"condition","config":{"when":"name == 'Ada'"}},{"id":"hello","type":"template","config":{"template":"Hello Ada"}},
                  {"id":"fail","type":"code","config":{"source":"throw new Error('Nobody of that name.');"}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"which.name"},{"from":"which.true","to":"hello.is"},{"from":"which.false","to":"fail.is"},{"from":"hello.text","to":"out.text"},{"from":"fail.value","to":"out.none"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_AreFoundByWhatTheyDid_WhatTheySaid_AndWhen()
    {
        using var client = await studio.SignedInAsync();
        var flow = await FlowAsync(client, "Listed");
        var (ada, bo) = (await RunAsync(client, flow, new { inputs = new { name = "Ada" }, wait = true }), await RunAsync(client, flow, new { inputs = new { name = "Bo" }, wait = true }));
        async Task<string[]> ListAsync(string query) =>
            [.. (await client.GetFromJsonAsync<JsonObject>($"/api/runs?flow={flow}&{query}", Token))!["items"]!.AsArray().Select(run => run!["id"]!.GetValue<string>())];

        Assert.Equal([bo, ada], await ListAsync(""));
        Assert.Equal([ada], await ListAsync("node=hello"));
        Assert.Equal([bo], await ListAsync("node=fail&state=failed"));
        Assert.Equal([bo], await ListAsync($"text={Uri.EscapeDataString("Nobody of that name")}"));
        Assert.Equal([ada], await ListAsync($"text={Uri.EscapeDataString("Hello Ada")}"));
        Assert.Equal([bo, ada], await ListAsync("days=1"));
        Assert.Equal([bo, ada], await ListAsync($"since={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddHours(-1).ToString("O"))}"));
        Assert.Empty(await ListAsync($"since={Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddHours(1).ToString("O"))}"));
        Assert.Empty(await ListAsync("cost=0.01"));
    }

    [Theory]
    [InlineData("state=odd", "run.bad_state")]
    [InlineData("state=3", "run.bad_state")]
    [InlineData("flow=odd", "run.bad_filter")]
    [InlineData("days=0", "run.bad_filter")]
    [InlineData("days=two", "run.bad_filter")]
    [InlineData("since=yesterday", "run.bad_filter")]
    [InlineData("cost=-1", "run.bad_filter")]
    public async Task WhatMeansNothing_IsSaid(string query, string code)
    {
        using var client = await studio.SignedInAsync();
        var refused = await JsonAsync(await client.GetAsync($"/api/runs?{query}", Token), HttpStatusCode.UnprocessableEntity);
        Assert.Equal(code, refused["code"]!.GetValue<string>());
        Assert.NotEmpty(refused["next"]!.GetValue<string>());
    }

    [Fact]
    public async Task TheDescription_NamesWhatRunsAreFoundBy()
    {
        using var client = studio.CreateClient();
        var document = (await client.GetFromJsonAsync<JsonObject>("/openapi/v1.json", Token))!;
        var names = document["paths"]!["/api/runs"]!["get"]!["parameters"]!.AsArray().Select(parameter => parameter!["name"]!.GetValue<string>());
        Assert.Equal(["after", "cost", "days", "flow", "limit", "node", "since", "state", "text"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ARunOfTheDraft_TakesPinsWhereItIsAskedTo_AndOnlyOfWhoMayEdit()
    {
        using var client = await studio.SignedInAsync();
        var flow = await FlowAsync(client, "Pinned by a program");
        var past = await RunAsync(client, flow, new { inputs = new { name = "Ada" }, version = "draft", wait = true });
        await PinAsync(flow, past, "hello");
        await PostAsync(client, $"/api/flows/{flow}/versions", new { message = "" }, HttpStatusCode.Created);

        async Task<JsonObject> HelloAsync(object order)
        {
            var run = await client.GetFromJsonAsync<JsonObject>($"/api/runs/{await RunAsync(client, flow, order)}", Token);
            return run!["nodes"]!.AsArray().Single(node => node!["path"]!.GetValue<string>() == "hello")!.AsObject();
        }

        var taken = await HelloAsync(new { inputs = new { name = "Ada" }, version = "draft", pins = true, wait = true });
        Assert.True(taken["pinned"]!.GetValue<bool>());
        Assert.False((await HelloAsync(new { inputs = new { name = "Ada" }, version = "draft", wait = true }))["pinned"]!.GetValue<bool>());

        var order = new { inputs = new { name = "Ada" }, version = (object)1, pins = true };
        Assert.Equal("run.pins_of_draft", (await PostAsync(client, $"/api/flows/{flow}/runs", order, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
        Assert.Equal("run.pins_of_draft", (await PostAsync(client, $"/api/flows/{flow}/runs", new { inputs = new { name = "Ada" }, pins = true }, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
        using var runner = await studio.SignedInAsync(Permissions.FlowsRun, Permissions.FlowsRead, Permissions.RunsRead);
        var mine = new { inputs = new { name = "Ada" }, version = "draft", pins = true };
        Assert.Equal("access.forbidden", (await PostAsync(runner, $"/api/flows/{flow}/runs", mine, HttpStatusCode.Forbidden))["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task ADraftThatAProgramStores_KeepsThePinsOfNodesThatItCallsOtherwise()
    {
        using var client = await studio.SignedInAsync();
        var flow = await FlowAsync(client, "Stored by a program");
        var past = await RunAsync(client, flow, new { inputs = new { name = "Ada" }, version = "draft", wait = true });
        await PinAsync(flow, past, "hello");
        using var save = new HttpRequestMessage(HttpMethod.Put, $"/api/flows/{flow}/draft") { Content = JsonContent.Create(JsonNode.Parse(Split.Replace("hello", "greet", StringComparison.Ordinal))) };
        save.Headers.IfMatch.Add((await client.GetAsync($"/api/flows/{flow}", Token)).Headers.ETag!);
        Assert.Empty((await JsonAsync(await client.SendAsync(save, Token), HttpStatusCode.OK))["problems"]!.AsArray());

        var run = await client.GetFromJsonAsync<JsonObject>($"/api/runs/{await RunAsync(client, flow, new { inputs = new { name = "Ada" }, version = "draft", pins = true, wait = true })}", Token);

        Assert.Equal(["greet"], run!["nodes"]!.AsArray().Where(node => node!["pinned"]!.GetValue<bool>()).Select(node => node!["path"]!.GetValue<string>()));
    }

    private async Task PinAsync(string flow, string run, string node)
    {
        var owner = (await Get<Data.Accounts.AccountStore>().FindDefaultOwnerAsync(Token))!;
        var caller = new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner));
        var pinned = await Get<Features.Flows.Editor.DraftPins>().PinAsync(caller, Core.Ids.FlowId.Parse(flow, null), Core.Ids.RunId.Parse(run, null), node, node, Token);
        Assert.True(pinned.IsSuccess, pinned.Error?.Message);
    }

    private T Get<T>()
        where T : notnull => Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<T>(studio.Services);

    private static async Task<string> FlowAsync(HttpClient client, string name) =>
        (await PostAsync(client, "/api/flows", new { name, definition = JsonNode.Parse(Split) }, HttpStatusCode.Created))["id"]!.GetValue<string>();

    private static async Task<string> RunAsync(HttpClient client, string flow, object order) =>
        (await PostAsync(client, $"/api/flows/{flow}/runs", order, HttpStatusCode.OK))["id"]!.GetValue<string>();

    private static async Task<JsonObject> PostAsync(HttpClient client, string address, object body, HttpStatusCode expected) => await JsonAsync(await client.PostAsJsonAsync(address, body, Token), expected);

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }
}
