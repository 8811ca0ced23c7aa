using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Hosting;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Web.Tests.Api;

public sealed class FlowsApiTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    private const string Greeting = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ start.name }}!"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private const string Approved = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"ask","type":"approval","config":{"title":"Send to {{ start.name }}?","who":WHO}},
                  {"id":"yes","type":"template","config":{"template":"sent: {{ ask.approved.note }}"}},{"id":"no","type":"template","config":{"template":"kept"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.name","to":"ask.name"},{"from":"ask.approved","to":"yes.x"},{"from":"ask.refused","to":"no.x"},
                  {"from":"yes.text","to":"answer.text"},{"from":"no.text","to":"answer.text"}],
         "inputs":[{"name":"name","type":"text","required":true}]}
        """;

    private const string Slow = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"busy","type":"loop","config":{"most":1000},"body":{"nodes":[{"id":"c","type":"code","config":{"source":"let x = 0; for (let i = 0; i < 100000; i++) x += i; return x;","timeoutMs":10000}}],"edges":[{"from":"busy.index","to":"c.i"},{"from":"c.value","to":"busy.value"}]}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"busy.x"},{"from":"busy.value","to":"out.v"}],
         "inputs":[{"name":"name","type":"text"}]}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AFlow_IsCreated_Saved_Published_AndRun()
    {
        using var client = await studio.SignedInAsync();
        var created = await PostAsync(client, "/api/flows", new { name = "Greeting", definition = JsonNode.Parse(Greeting) }, HttpStatusCode.Created);
        Assert.Equal("greeting", created["slug"]!.GetValue<string>());
        Assert.Empty(created["problems"]!.AsArray());
        var id = created["id"]!.GetValue<string>();

        var read = await client.GetAsync($"/api/flows/{id}", Token);
        var draft = Greeting.Replace("Hello", "Goodbye", StringComparison.Ordinal);
        using var save = new HttpRequestMessage(HttpMethod.Put, $"/api/flows/{id}/draft") { Content = Json(draft) };
        save.Headers.IfMatch.Add(read.Headers.ETag!);
        var saved = await client.SendAsync(save, Token);
        Assert.Equal(HttpStatusCode.OK, saved.StatusCode);

        // Somebody who read it before that finds it changed.
        using var late = new HttpRequestMessage(HttpMethod.Put, $"/api/flows/{id}/draft") { Content = Json(Greeting) };
        late.Headers.IfMatch.Add(read.Headers.ETag!);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await client.SendAsync(late, Token)).StatusCode);
        using var blind = new HttpRequestMessage(HttpMethod.Put, $"/api/flows/{id}/draft") { Content = Json(Greeting) };
        Assert.Equal((HttpStatusCode)428, (await client.SendAsync(blind, Token)).StatusCode);

        var version = await PostAsync(client, $"/api/flows/{id}/versions", new { message = "first" }, HttpStatusCode.Created);
        Assert.Equal(1, version["number"]!.GetValue<int>());
        Assert.Equal(64, version["hash"]!.GetValue<string>().Length);

        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Ada" }, version = 1, wait = true }, HttpStatusCode.OK);
        Assert.Equal("succeeded", run["state"]!.GetValue<string>());
        Assert.Equal("Goodbye Ada!", run["outputs"]!["text"]!.GetValue<string>());

        var whole = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!;
        Assert.Equal(["start", "greet", "answer"], whole["nodes"]!.AsArray().Select(node => node!["path"]!.GetValue<string>()));
        Assert.All(whole["nodes"]!.AsArray(), node => Assert.Equal("succeeded", node!["state"]!.GetValue<string>()));
        Assert.Equal("Ada", whole["nodes"]![1]!["inputs"]!["name"]!.GetValue<string>());
        Assert.Equal(1, whole["version"]!.GetValue<int>());
        Assert.Equal("Ada", whole["inputs"]!["name"]!.GetValue<string>());

        var diff = (await client.GetFromJsonAsync<JsonObject>($"/api/flows/{id}/diff?from=1&to=draft", Token))!;
        Assert.Empty(diff["changes"]!.AsArray());
    }

    [Fact]
    public async Task ADraft_ThatDoesNotCompile_IsKept_NotPublished_AndNamesItsProblems()
    {
        using var client = await studio.SignedInAsync();
        var broken = Greeting.Replace("start.name }}", "start.nobody }}", StringComparison.Ordinal);
        var created = await PostAsync(client, "/api/flows", new { name = "Broken", definition = JsonNode.Parse(broken) }, HttpStatusCode.Created);
        var problem = Assert.Single(created["problems"]!.AsArray())!;
        Assert.Equal("greet", problem["node"]!.GetValue<string>());
        Assert.Equal("/template", problem["field"]!.GetValue<string>());
        Assert.NotEmpty(problem["next"]!.GetValue<string>());

        var refused = await PostAsync(client, $"/api/flows/{created["id"]}/versions", new { message = "" }, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("flow.does_not_compile", refused["code"]!.GetValue<string>());
        Assert.Equal("greet", refused["problems"]![0]!["node"]!.GetValue<string>());
        var run = await PostAsync(client, $"/api/flows/{created["id"]}/runs", new { inputs = new { name = "Ada" } }, HttpStatusCode.UnprocessableEntity);
        Assert.Contains("greet", run["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        var unreadable = await PostAsync(client, "/api/flows", new { name = "No flow", definition = new { schema = "dify/1" } }, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("flow.other_schema", unreadable["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task ARunThatWaits_GoesOn_WithTheDecisionOfWhoMayMakeIt_Once()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Approved", Approved.Replace("WHO", """["ana@example.org"]""", StringComparison.Ordinal));
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Bo" }, wait = true }, HttpStatusCode.Accepted);
        Assert.Equal("suspended", run["state"]!.GetValue<string>());

        var waiting = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!;
        Assert.Equal("suspended", waiting["state"]!.GetValue<string>());
        var bookmark = Assert.Single(waiting["waitingFor"]!.AsArray())!;
        Assert.Equal("Send to Bo?", bookmark["title"]!.GetValue<string>());
        var decision = new { bookmark = bookmark["bookmark"]!.GetValue<string>(), decision = "approve", values = new { note = "fine" } };

        // The owner holds the bookmark, and is not who was named.
        Assert.Equal("run.not_yours_to_decide", (await PostAsync(client, $"/api/runs/{run["id"]}/resume", decision, HttpStatusCode.Forbidden))["code"]!.GetValue<string>());
        var ana = await studio.JoinAsync("ana@example.org", Role.Member);
        using var member = await studio.SignedInAsync(ana.User, Permissions.RunsDecide, Permissions.RunsRead);
        Assert.Equal("run.unknown_decision", (await PostAsync(member, $"/api/runs/{run["id"]}/resume", decision with { decision = "maybe" }, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Accepted, (await member.PostAsJsonAsync($"/api/runs/{run["id"]}/resume", decision, Token)).StatusCode);
        Assert.Equal("run.bookmark_used", (await PostAsync(member, $"/api/runs/{run["id"]}/resume", decision, HttpStatusCode.Conflict))["code"]!.GetValue<string>());

        // Who may decide about a step does not see the run for that.
        Assert.Equal(HttpStatusCode.NotFound, (await member.GetAsync($"/api/runs/{run["id"]}", Token)).StatusCode);
        var events = await EventsAsync(client, $"/api/runs/{run["id"]}/events");
        Assert.Equal("RunFinished", events[^1].Data["kind"]!.GetValue<string>());
        Assert.Equal("sent: fine", events[^1].Data["outputs"]!["text"]!["v"]!.GetValue<string>());
    }

    [Fact]
    public async Task Events_AreNumbered_GoOnAfterTheLastSeen_AndEnd()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Told", Greeting);
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Ada" }, wait = true }, HttpStatusCode.OK);
        var all = await EventsAsync(client, $"/api/runs/{run["id"]}/events");
        Assert.Equal(Enumerable.Range(1, all.Count).Select(number => (long)number), all.Select(one => one.Id));
        Assert.Equal("RunStarted", all[0].Data["kind"]!.GetValue<string>());

        using var rest = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run["id"]}/events");
        rest.Headers.Add("Last-Event-ID", "2");
        Assert.Equal(all.Skip(2).Select(one => one.Id), (await EventsAsync(client, rest)).Select(one => one.Id));
        using var none = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run["id"]}/events");
        none.Headers.Add("Last-Event-ID", $"{all[^1].Id}");
        Assert.Equal(HttpStatusCode.NoContent, (await client.SendAsync(none, Token)).StatusCode);
    }

    [Fact]
    public async Task ARun_IsCancelled_AndStaysSo()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Cancelled", Approved.Replace("WHO", "[]", StringComparison.Ordinal));
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Bo" }, wait = true }, HttpStatusCode.Accepted);
        Assert.Equal("flow.has_runs", (await JsonAsync(await client.DeleteAsync($"/api/flows/{id}", Token), HttpStatusCode.Conflict))["code"]!.GetValue<string>());

        Assert.Equal(HttpStatusCode.Accepted, (await client.PostAsync($"/api/runs/{run["id"]}/cancel", null, Token)).StatusCode);
        var ended = await EventsAsync(client, $"/api/runs/{run["id"]}/events");
        Assert.Equal("cancelled", ended[^1].Data["status"]!.GetValue<string>());
        Assert.Equal("run.ended", (await JsonAsync(await client.PostAsync($"/api/runs/{run["id"]}/cancel", null, Token), HttpStatusCode.Conflict))["code"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/flows/{id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/runs/{run["id"]}", Token)).StatusCode);
    }

    [Fact]
    public async Task AFork_TakesOverWhatCameBefore_AndUsesTheEditedValue()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Forked", Greeting);
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Ada" }, wait = true }, HttpStatusCode.OK);
        var fork = await PostAsync(
            client, $"/api/runs/{run["id"]}/fork", new { from = "answer", edits = new Dictionary<string, string> { ["answer.text"] = "Edited" } }, HttpStatusCode.Created);
        await EventsAsync(client, $"/api/runs/{fork["id"]}/events");
        var whole = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{fork["id"]}", Token))!;
        Assert.Equal("Edited", whole["outputs"]!["text"]!.GetValue<string>());
        Assert.True(whole["nodes"]![1]!["reused"]!.GetValue<bool>());
        Assert.Equal(run["id"]!.GetValue<string>(), whole["fork"]!["run"]!.GetValue<string>());
        Assert.Equal("fork.no_such_node", (await PostAsync(client, $"/api/runs/{run["id"]}/fork", new { from = "nothing" }, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task TheSameOrder_SentTwiceUnderOneKey_RunsOnce()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Once", Greeting);
        var ids = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            using var order = new HttpRequestMessage(HttpMethod.Post, $"/api/flows/{id}/runs") { Content = JsonContent.Create(new { inputs = new { name = "Ada" }, wait = true }) };
            order.Headers.Add("Idempotency-Key", "order-1");
            ids.Add((await JsonAsync(await client.SendAsync(order, Token), HttpStatusCode.OK))["id"]!.GetValue<string>());
        }

        Assert.Single(ids);
        Assert.Single((await client.GetFromJsonAsync<JsonObject>($"/api/runs?flow={id}", Token))!["items"]!.AsArray());
    }

    [Fact]
    public async Task APublishedFlow_IsAModel()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Model of courtesy", Greeting);
        async Task<JsonObject> AskAsync(HttpStatusCode status) => await PostAsync(
            client, "/v1/chat/completions", new { model = "flow:model-of-courtesy", messages = new[] { new { role = "user", content = "Ada" } } }, status);
        Assert.Contains("flow:model-of-courtesy", (await AskAsync(HttpStatusCode.NotFound))["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "" }, HttpStatusCode.Created);
        Assert.Equal("Hello Ada!", (await AskAsync(HttpStatusCode.OK))["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        var models = (await client.GetFromJsonAsync<JsonObject>("/v1/models", Token))!["data"]!.AsArray();
        Assert.Contains(models, model => model!["id"]!.GetValue<string>() == "flow:model-of-courtesy");
        var run = (await client.GetFromJsonAsync<JsonObject>($"/api/runs?flow={id}", Token))!["items"]![0]!;
        Assert.Equal("model", run["trigger"]!.GetValue<string>());
    }

    [Fact]
    public async Task ANode_IsTriedByItself_WithGivenValues_OrThoseOfARun()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Tried", Greeting);
        var given = await PostAsync(client, $"/api/flows/{id}/nodes/greet", new { inputs = new Dictionary<string, string> { ["start.name"] = "Bo" } }, HttpStatusCode.OK);
        Assert.Equal(("succeeded", "Hello Bo!"), (given["state"]!.GetValue<string>(), given["node"]!["outputs"]!["text"]!.GetValue<string>()));
        var byPort = await PostAsync(client, $"/api/flows/{id}/nodes/greet", new { inputs = new { name = "Cy" } }, HttpStatusCode.OK);
        Assert.Equal("Hello Cy!", byPort["node"]!["outputs"]!["text"]!.GetValue<string>());

        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Ada" }, wait = true }, HttpStatusCode.OK);
        var captured = await PostAsync(client, $"/api/flows/{id}/nodes/greet", new { run = run["id"]!.GetValue<string>() }, HttpStatusCode.OK);
        Assert.Equal("Hello Ada!", captured["node"]!["outputs"]!["text"]!.GetValue<string>());
        Assert.Equal("trial.no_such_node", (await PostAsync(client, $"/api/flows/{id}/nodes/nothing", new { }, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
        Assert.Equal("trial.nothing_brings", (await PostAsync(client, $"/api/flows/{id}/nodes/greet", new { inputs = new { other = 1 } }, HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task PastRuns_AreReplayed_WithAnotherVersion_SideBySide_WithoutTouchingTheWorld()
    {
        var calls = 0;
        await using var world = await LocalServer.StartAsync(async http =>
        {
            Interlocked.Increment(ref calls);
            await http.Response.WriteAsync("noted", http.RequestAborted);
        });
        await using var own = new ApiStudio();
        own.Settings["Egress:AllowedHosts:0"] = $"127.0.0.1:{world.Port}";
        using var client = await own.SignedInAsync();
        string Version(string word) => """
            {"schema":"mistralstudio.flow/1",
             "nodes":[{"id":"start","type":"start"},{"id":"note","type":"http-request","config":{"method":"POST","url":"URL","body":"{{ start.name }}"}},
                      {"id":"greet","type":"template","config":{"template":"WORD {{ start.name }}: {{ noted }}"}},{"id":"answer","type":"answer"}],
             "edges":[{"from":"start.name","to":"note.name"},{"from":"start.name","to":"greet.name"},{"from":"note.body","to":"greet.noted"},{"from":"greet.text","to":"answer.text"}],
             "inputs":[{"name":"name","type":"text"}]}
            """.Replace("WORD", word, StringComparison.Ordinal).Replace("URL", $"http://127.0.0.1:{world.Port}/", StringComparison.Ordinal);
        var id = await FlowAsync(client, "Replayed", Version("Hello"));
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = "Ada" }, wait = true }, HttpStatusCode.OK);
        Assert.Equal(("succeeded", 1), (run["state"]!.GetValue<string>(), calls));

        using var save = new HttpRequestMessage(HttpMethod.Put, $"/api/flows/{id}/draft") { Content = Json(Version("Goodbye")) };
        save.Headers.IfMatch.Add((await client.GetAsync($"/api/flows/{id}", Token)).Headers.ETag!);
        (await client.SendAsync(save, Token)).EnsureSuccessStatusCode();
        var replayed = await PostAsync(client, $"/api/flows/{id}/replays", new { runs = new[] { run["id"]!.GetValue<string>(), $"{Guid.NewGuid()}" }, version = "draft" }, HttpStatusCode.Accepted);
        Assert.Equal("run.not_found", replayed["items"]![1]!["error"]!["code"]!.GetValue<string>());
        var replay = replayed["items"]![0]!["replay"]!.GetValue<string>();
        await EventsAsync(client, $"/api/runs/{replay}/events");

        var pair = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}/compare/{replay}", Token))!;
        Assert.Equal(("Hello Ada: noted", "Goodbye Ada: noted"), (pair["left"]!["outputs"]!["text"]!.GetValue<string>(), pair["right"]!["outputs"]!["text"]!.GetValue<string>()));
        Assert.Equal([("start", true), ("note", true), ("greet", false), ("answer", false)], pair["nodes"]!.AsArray().Select(node => (node!["path"]!.GetValue<string>(), node["same"]!.GetValue<bool>())));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task ARun_OpensInAnotherStudio_AsAFileThatNothingRuns()
    {
        using var client = await studio.SignedInAsync();
        var text = new string('x', 20_000);
        var id = await FlowAsync(client, "Taken out", Greeting);
        var run = await PostAsync(client, $"/api/flows/{id}/runs", new { inputs = new { name = text }, wait = true }, HttpStatusCode.OK);
        var file = await client.GetStringAsync($"/api/runs/{run["id"]}/export", Token);

        await using var elsewhere = new ApiStudio();
        using var other = await elsewhere.SignedInAsync();
        var taken = await JsonAsync(await other.PostAsync("/api/runs/import", Json(file), Token), HttpStatusCode.Created);
        var whole = (await other.GetFromJsonAsync<JsonObject>($"/api/runs/{taken["id"]}", Token))!;
        Assert.Equal(("succeeded", $"Hello {text}!"), (whole["state"]!.GetValue<string>(), whole["outputs"]!["text"]!.GetValue<string>()));
        Assert.Equal("succeeded", whole["nodes"]![1]!["state"]!.GetValue<string>());
        var flow = (await other.GetFromJsonAsync<JsonObject>($"/api/flows/{taken["flowId"]}", Token))!;
        Assert.Equal(("Taken out", null), (flow["name"]!.GetValue<string>(), (string?)flow["publishedVersion"]));
        var large = whole["nodes"]![1]!["outputs"]!["text"]!["$large"]!["sha256"]!.GetValue<string>();
        Assert.Equal(20_009, (await other.GetStringAsync($"/api/runs/{taken["id"]}/values/{large}", Token)).Length);
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync($"/api/runs/{taken["id"]}/values/{new string('0', 64)}", Token)).StatusCode);

        foreach (var broken in new[]
        {
            "[]", "{}", """{"schema":"mistralstudio.run/1"}""", file.Replace("Hello", "Hallo", StringComparison.Ordinal), file.Replace("\"seq\":2", "\"seq\":3", StringComparison.Ordinal),
            file.Replace(text, text[1..], StringComparison.Ordinal), file.Replace("NodeSucceeded", "RunStarted", StringComparison.Ordinal),
        })
        {
            var refused = await JsonAsync(await other.PostAsync("/api/runs/import", Json(broken), Token), HttpStatusCode.UnprocessableEntity);
            Assert.Equal("run.file_unreadable", refused["code"]!.GetValue<string>());
        }

        Assert.Single((await other.GetFromJsonAsync<JsonObject>("/api/flows", Token))!["items"]!.AsArray());
        Assert.Contains("run.exported", await client.GetStringAsync("/api/audit", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFlow_BeginsWithATemplate_OrTheExportOfAnotherTool_OrWords()
    {
        using var client = await studio.SignedInAsync();
        var templates = (await client.GetFromJsonAsync<JsonArray>("/api/flows/templates", Token))!;
        Assert.Equal(7, templates.Count);
        Assert.All(templates, template => Assert.Equal(2, template!["explanation"]!.AsArray().Count));
        var triage = await PostAsync(client, "/api/flows", new { name = "Triage", definition = templates[0]!["definition"] }, HttpStatusCode.Created);
        Assert.Empty(triage["problems"]!.AsArray());

        const string Dify = """
            app: { mode: workflow, name: From Dify }
            kind: app
            version: 0.1.5
            workflow:
              graph:
                nodes:
                  - { id: "1", data: { type: start, title: Start, variables: [ { variable: q, label: q, type: text-input, required: true } ] } }
                  - { id: "2", data: { type: end, title: End, outputs: [ { variable: text, value_selector: [ "1", q ] } ] } }
                edges:
                  - { id: e, source: "1", target: "2", sourceHandle: source, targetHandle: target }
            """;
        var imported = await JsonAsync(await client.PostAsync("/api/flows/import", new StringContent(Dify, Encoding.UTF8, "application/yaml"), Token), HttpStatusCode.Created);
        Assert.Equal(("dify", "from-dify"), (imported["source"]!.GetValue<string>(), imported["slug"]!.GetValue<string>()));
        Assert.NotEmpty(imported["report"]!.AsArray());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync("/api/flows/import", Json("{}"), Token)).StatusCode);

        studio.Chat = new ScriptedChatClient(_ => "no flow at all");
        var refused = await client.PostAsJsonAsync("/api/flows/words", new { text = "Grüße jeden, der kommt", model = "scripted", language = "de" }, Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.NotEmpty((await refused.Content.ReadFromJsonAsync<JsonObject>(Token))!["next"]!.GetValue<string>());
    }

    [Fact]
    public async Task AWebhook_StartsOneRunForACall_AndNoneThatIsNotSigned()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Hooked", Hooked);
        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "" }, HttpStatusCode.Created);
        var made = await PostAsync(client, $"/api/flows/{id}/webhook", new { }, HttpStatusCode.Created);
        Assert.EndsWith($"/hooks/{id}", made["url"]!.GetValue<string>(), StringComparison.Ordinal);
        var secret = made["secret"]!.GetValue<string>();
        using var outside = studio.CreateClient();
        const string Body = """{"order":"A-7"}""";
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        async Task<HttpResponseMessage> CallAsync(string call, long at, string body, string? key = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/hooks/{id}") { Content = Json(body) };
            var mac = HMACSHA256.HashData(Convert.FromBase64String((key ?? secret)["whsec_".Length..]), Encoding.UTF8.GetBytes($"{call}.{at}.{body}"));
            request.Headers.Add("webhook-id", call);
            request.Headers.Add("webhook-timestamp", $"{at}");
            request.Headers.Add("webhook-signature", $"v1,AAAA v1,{Convert.ToBase64String(mac)}");
            return await outside.SendAsync(request, Token);
        }

        var first = await JsonAsync(await CallAsync("m1", now, Body), HttpStatusCode.Accepted);
        var again = await JsonAsync(await CallAsync("m1", now, Body), HttpStatusCode.Accepted);
        Assert.Equal(first["id"]!.GetValue<string>(), again["id"]!.GetValue<string>());
        var events = await EventsAsync(client, $"/api/runs/{first["id"]}/events");
        Assert.Equal("order A-7", events[^1].Data["outputs"]!["text"]!["v"]!.GetValue<string>());
        Assert.DoesNotContain("webhook-secret", events[0].Data.ToJsonString(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync("m2", now - 400, Body)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync("m2", now, Body, "whsec_" + Convert.ToBase64String(new byte[32]))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await outside.PostAsync($"/hooks/{id}", Json(Body), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await outside.PostAsync($"/hooks/{Guid.NewGuid()}", Json(Body), Token)).StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await CallAsync("m3", now, new string(' ', 1_100_000))).StatusCode);

        // The form of GitHub and others: the body alone is signed, and counts once.
        using var plain = new HttpRequestMessage(HttpMethod.Post, $"/hooks/{id}") { Content = Json("""{"order":"B"}""") };
        plain.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), """{"order":"B"}"""u8)));
        Assert.Equal(HttpStatusCode.Accepted, (await outside.SendAsync(plain, Token)).StatusCode);
        Assert.Equal(2, (await client.GetFromJsonAsync<JsonObject>($"/api/runs?flow={id}", Token))!["items"]!.AsArray().Count);

        Assert.True((await client.PutAsJsonAsync($"/api/flows/{id}/triggers", new { paused = true }, Token)).IsSuccessStatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await CallAsync("m4", now, Body)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/api/flows/{id}/webhook", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await CallAsync("m5", now, Body)).StatusCode);
    }

    [Fact]
    public async Task AScheduleThatWasMissed_RunsOnce_AndSaysWhenItIsNext()
    {
        using var client = await studio.SignedInAsync();
        var bad = await PostAsync(client, "/api/flows", new { name = "Never", definition = JsonNode.Parse(Yearly.Replace("0 0 1 1 *", "0 0 32 1 *", StringComparison.Ordinal)) }, HttpStatusCode.Created);
        Assert.Equal("schedule.bad_cron", bad["problems"]![0]!["code"]!.GetValue<string>());
        var id = await FlowAsync(client, "Yearly", Yearly);
        await PostAsync(client, $"/api/flows/{id}/versions", new { message = "" }, HttpStatusCode.Created);
        var planned = (await client.GetFromJsonAsync<JsonObject>($"/api/flows/{id}/triggers", Token))!["schedules"]![0]!;
        Assert.Equal((12, 31, 23), planned["nextAt"]!.GetValue<DateTimeOffset>() is var next ? (next.UtcDateTime.Month, next.UtcDateTime.Day, next.UtcDateTime.Hour) : default);

        // As it is where the studio was stopped on the last day of the year.
        var missed = new DateTime(2024, 12, 31, 23, 0, 0, DateTimeKind.Utc);
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(studio.Folder, "studio.db")};Pooling=False"))
        {
            await database.OpenAsync(Token);
            var change = database.CreateCommand();
            change.CommandText = "UPDATE FlowSchedules SET NextAt = $at WHERE FlowId = $flow";
            change.Parameters.AddWithValue("$at", missed.Ticks);
            change.Parameters.AddWithValue("$flow", id.ToUpperInvariant());
            Assert.Equal(1, await change.ExecuteNonQueryAsync(Token));
        }

        studio.Services.GetRequiredService<FlowClock>().Note(TimeProvider.System.GetUtcNow());
        JsonArray runs;
        do
        {
            runs = (await client.GetFromJsonAsync<JsonObject>($"/api/runs?flow={id}&state=succeeded", Token))!["items"]!.AsArray();
        }
        while (runs.Count == 0);
        var run = Assert.Single(runs)!;
        Assert.Equal("schedule", run["trigger"]!.GetValue<string>());
        var whole = (await client.GetFromJsonAsync<JsonObject>($"/api/runs/{run["id"]}", Token))!;
        Assert.Equal("due 2024-12-31T23:00:00.0000000Z", whole["outputs"]!["text"]!.GetValue<string>());
        JsonNode after;
        do
        {
            after = (await client.GetFromJsonAsync<JsonObject>($"/api/flows/{id}/triggers", Token))!["schedules"]![0]!;
        }
        while (after["lastRun"] is null);
        Assert.True(after["nextAt"]!.GetValue<DateTimeOffset>() > TimeProvider.System.GetUtcNow());
        Assert.Equal(run["id"]!.GetValue<string>(), after["lastRun"]!.GetValue<string>());
    }

    private const string Hooked = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"hook","type":"webhook","config":{"signatureHeader":"X-Hub-Signature-256"}},{"id":"say","type":"template","config":{"template":"order {{ call.order }}"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"hook.body","to":"say.call"},{"from":"say.text","to":"answer.text"}]}
        """;

    private const string Yearly = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"clock","type":"schedule","config":{"cron":"0 0 1 1 *","timeZone":"Europe/Paris"}},{"id":"say","type":"template","config":{"template":"due {{ clock.at }}"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"clock.at","to":"say.at"},{"from":"say.text","to":"answer.text"}]}
        """;

    [Fact]
    public async Task BadOrders_AreRefused_InASentence()
    {
        using var client = await studio.SignedInAsync();
        var id = await FlowAsync(client, "Refused", Greeting);
        async Task<string> RefusedAsync(object order, HttpStatusCode status) => (await PostAsync(client, $"/api/flows/{id}/runs", order, status))["code"]!.GetValue<string>();
        Assert.Equal("run.input_missing", await RefusedAsync(new { }, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("run.input_unknown", await RefusedAsync(new { inputs = new { name = "a", other = 1 } }, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("run.input_of_wrong_type", await RefusedAsync(new { inputs = new { name = 7 } }, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("flow.version_not_found", await RefusedAsync(new { inputs = new { name = "a" }, version = 9 }, HttpStatusCode.NotFound));
        Assert.Equal("flow.bad_version", await RefusedAsync(new { inputs = new { name = "a" }, version = "newest" }, HttpStatusCode.UnprocessableEntity));
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsJsonAsync($"/api/flows/{Guid.NewGuid()}/runs", new { }, Token)).StatusCode);
        Assert.Equal("run.bad_state", (await JsonAsync(await client.GetAsync("/api/runs?state=odd", Token), HttpStatusCode.UnprocessableEntity))["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task RightsThatWereTaken_EndARun_ThatGoesOn()
    {
        using var owner = await studio.SignedInAsync();
        var id = await FlowAsync(owner, "Waits", Slow);
        var ben = await studio.JoinAsync("ben@example.org", Role.Member);
        using var member = await studio.SignedInAsync(ben.User, Permissions.FlowsRun, Permissions.RunsRead);
        var run = await PostAsync(member, $"/api/flows/{id}/runs", new { inputs = new { name = "Ben" } }, HttpStatusCode.Accepted);
        using var other = await studio.SignedInAsync((await studio.JoinAsync("cy@example.org", Role.Member)).User, Permissions.RunsRead, Permissions.FlowsRun);
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync($"/api/runs/{run["id"]}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await other.PostAsync($"/api/runs/{run["id"]}/cancel", null, Token)).StatusCode);

        using var suspend = new HttpRequestMessage(HttpMethod.Patch, $"/api/members/{ben.User}") { Content = JsonContent.Create(new { suspended = true }) };
        suspend.Headers.TryAddWithoutValidation("If-Match", (await owner.GetAsync($"/api/members/{ben.User}", Token)).Headers.ETag?.ToString());
        Assert.True((await owner.SendAsync(suspend, Token)).IsSuccessStatusCode);
        var events = await EventsAsync(owner, $"/api/runs/{run["id"]}/events");
        Assert.Equal("cancelled", events[^1].Data["status"]!.GetValue<string>());
    }

    private static async Task<string> FlowAsync(HttpClient client, string name, string definition)
    {
        var created = await PostAsync(client, "/api/flows", new { name, definition = JsonNode.Parse(definition) }, HttpStatusCode.Created);
        Assert.True(created["problems"]!.AsArray().Count == 0, created.ToJsonString());
        return created["id"]!.GetValue<string>();
    }

    private static async Task<JsonObject> PostAsync(HttpClient client, string address, object body, HttpStatusCode expected) =>
        await JsonAsync(await client.PostAsJsonAsync(address, body, Token), expected);

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!.AsObject();
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static Task<List<(long Id, JsonObject Data)>> EventsAsync(HttpClient client, string address) => EventsAsync(client, new HttpRequestMessage(HttpMethod.Get, address));

    private static async Task<List<(long Id, JsonObject Data)>> EventsAsync(HttpClient client, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var found = new List<(long, JsonObject)>();
        long? id = null;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal) && id is { } number)
            {
                found.Add((number, JsonNode.Parse(line[6..])!.AsObject()));
                id = null;
            }
        }

        return found;
    }
}
