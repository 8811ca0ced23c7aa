using System.Net.Http.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Nodes that are tried by themselves, over the real engine.</summary>
public sealed class TrialStateTests(ApiStudio studio) : FlowTests(studio)
{
    private static readonly FlowDefinition s_flow = FlowDefinitions.Read("""
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"greet","type":"template","config":{"template":"Hello {{ name }}"}},{"id":"size","type":"code","config":{"source":"return inputs.text.length;"}},
                  {"id":"each","type":"for-each","config":{},"body":{"nodes":[{"id":"loud","type":"template","config":{"template":"{{ item }}!"}}],"edges":[{"from":"each.item","to":"loud.item"},{"from":"loud.text","to":"each.result"}]}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.name","to":"greet.name"},{"from":"greet.text","to":"size.text"},{"from":"size.value","to":"out.size"},{"from":"start.names","to":"each.items"},{"from":"each.results","to":"out.all"}],
         "inputs":[{"name":"name","type":"text","required":true},{"name":"names","type":"list<text>"}]}
        """).Value;

    [Fact]
    public async Task ANode_RunsByItself_WithWhatIsTyped()
    {
        var (trial, flow) = await OpenAsync("greet");
        var field = Assert.Single(trial.Fields);
        Assert.Equal(("start.name", "text"), (field.Name, field.TypeName));
        field.Text = "Ann";

        await trial.TryAsync(flow.Id, s_flow);

        Assert.Null(trial.Error);
        Assert.Equal(NodeStatus.Succeeded, trial.Node!.Status);
        Assert.Equal("Hello Ann", trial.Outputs["text"].Text);
        Assert.False(trial.IsBusy);

        // What was typed stays while the flow is edited, and goes with the node.
        trial.Show(await LookAsync(), "greet");
        Assert.Equal("Ann", trial.Fields[0].Text);
        trial.Show(await LookAsync(), "size");
        Assert.Equal(("greet.text", ""), (trial.Fields[0].Name, trial.Fields[0].Text));
        Assert.Null(trial.Node);
    }

    [Fact]
    public async Task WhatANodeFailsWith_IsSaidInPlace()
    {
        var (trial, flow) = await OpenAsync("size");
        var broken = s_flow with { Nodes = [.. s_flow.Nodes.Select(node => node.Id == "size" ? node with { Config = System.Text.Json.JsonElement.Parse("""{"source":"return nothing.at.all;"}""") } : node)] };
        trial.Fields[0].Text = "Hello";

        await trial.TryAsync(flow.Id, broken);

        Assert.Equal(NodeStatus.Failed, trial.Node!.Status);
        Assert.True(trial.Error is { Message.Length: > 0, Next.Length: > 0 }, $"{trial.Error}");
        Assert.Empty(trial.Outputs);
    }

    [Fact]
    public async Task WhatArrivedInAPastRun_IsTaken()
    {
        var (trial, flow) = await OpenAsync("greet");
        await RunAsync(await OwnerAsync(), flow, new { name = "Bo", names = new[] { "a" } });
        await trial.ListRunsAsync(flow.Id, Token);
        var past = Assert.Single(trial.Runs!);

        Assert.True(await trial.TakeAsync(past, s_flow, Token));
        Assert.Equal("Bo", trial.Fields[0].Text);
        await trial.TryAsync(flow.Id, s_flow);
        Assert.Equal("Hello Bo", trial.Outputs["text"].Text);
    }

    [Fact]
    public async Task ANodeInsideAContainer_RunsByItself()
    {
        var (trial, flow) = await OpenAsync("each/loud");
        Assert.Equal("each.item", Assert.Single(trial.Fields).Name);
        trial.Fields[0].Text = "Hey";

        await trial.TryAsync(flow.Id, s_flow);

        Assert.Null(trial.Error);
        Assert.Equal("Hey!", trial.Outputs["text"].Text);
    }

    [Fact]
    public async Task WhatArrivedInsideAContainer_IsTaken_OfItsFirstRound()
    {
        var (trial, flow) = await OpenAsync("each/loud");
        await RunAsync(await OwnerAsync(), flow, new { name = "Bo", names = new[] { "a", "b" } });
        await trial.ListRunsAsync(flow.Id, Token);

        Assert.True(await trial.TakeAsync(Assert.Single(trial.Runs!), s_flow, Token));
        Assert.Equal("a", trial.Fields[0].Text);
    }

    [Fact]
    public async Task WhatArrivedInAnotherRound_IsChosen_AlsoOfARoundInsideOfARound()
    {
        var nested = FlowDefinitions.Read("""
            {"schema":"mistralstudio.flow/1",
             "nodes":[{"id":"start","type":"start"},{"id":"rows","type":"for-each","config":{},"body":{"nodes":[{"id":"cells","type":"for-each","config":{},"body":{"nodes":[{"id":"loud","type":"template","config":{"template":"{{ item }}!"}}],"edges":[{"from":"cells.item","to":"loud.item"},{"from":"loud.text","to":"cells.result"}]}}],
                       "edges":[{"from":"rows.item","to":"cells.items"},{"from":"cells.results","to":"rows.result"}]}},{"id":"out","type":"output"}],
             "edges":[{"from":"start.names","to":"rows.items"},{"from":"rows.results","to":"out.all"}],
             "inputs":[{"name":"names","type":"list<list<text>>","required":true}]}
            """).Value;
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, FlowDefinitions.Write(nested));
        await RunAsync(owner, flow, new { names = new[] { new[] { "a", "b" }, ["c"], ["d", "e", "f"] } });
        using var trial = new TrialState(Get<FlowRuns>(), Get<IRunStore>(), owner);
        trial.Show(await Get<FlowPlans>().LookAsync(owner.Workspace, nested, Token), "rows/cells/loud");
        await trial.ListRunsAsync(flow.Id, Token);

        Assert.True(await trial.TakeAsync(Assert.Single(trial.Runs!), nested, Token));
        Assert.Equal("a", trial.Fields[0].Text);
        Assert.Equal([("rows", 0, 3), ("rows[0]/cells", 0, 2)], trial.Rounds.Select(round => (round.Container, round.Round, round.Begun)));

        // Another round of the outer one begins with the first of its inner ones.
        Assert.True(await trial.TakeRoundAsync(nested, 1, 1, Token));
        Assert.Equal("b", trial.Fields[0].Text);
        Assert.True(await trial.TakeRoundAsync(nested, 0, 2, Token));
        Assert.Equal(("d", "rows[2]/cells", 3), (trial.Fields[0].Text, trial.Rounds[1].Container, trial.Rounds[1].Begun));
        Assert.True(await trial.TakeRoundAsync(nested, 1, 2, Token));
        Assert.Equal("f", trial.Fields[0].Text);
        await trial.TryAsync(flow.Id, nested);
        Assert.Equal("f!", trial.Outputs["text"].Text);

        // Programs name the instance.
        using var client = await Studio.SignedInAsync();
        async Task<System.Text.Json.Nodes.JsonNode> TryAsync(string instance) =>
            (await (await client.PostAsJsonAsync($"/api/flows/{flow.Id}/nodes/rows/cells/loud", new { run = trial.Runs![0].Id.ToString(), instance }, Token)).Content.ReadFromJsonAsync<System.Text.Json.Nodes.JsonNode>(Token))!;
        Assert.Equal("e!", (await TryAsync("rows[2]/cells[1]/loud"))["node"]!["outputs"]!["text"]!.GetValue<string>());
        Assert.Equal("trial.no_such_round", (await TryAsync("rows[1]/cells[1]/loud"))["code"]!.GetValue<string>());
        Assert.Equal("trial.other_instance", (await TryAsync("rows[0]/cells"))["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task WhoMayNotRun_TriesNothing()
    {
        var (_, flow) = await OpenAsync("greet");
        var owner = await OwnerAsync();
        using var trial = new TrialState(Get<FlowRuns>(), Get<IRunStore>(), new Caller(owner.Workspace, owner.User, System.Collections.Frozen.FrozenSet.ToFrozenSet([Permissions.FlowsRead])));
        trial.Show(await LookAsync(), "greet");
        trial.Fields[0].Text = "Ann";

        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => trial.TryAsync(flow.Id, s_flow));
    }

    private async Task<(TrialState Trial, Flow Flow)> OpenAsync(string path)
    {
        var owner = await OwnerAsync();
        var flow = (await Get<IFlowStore>().CreateAsync(owner.Workspace, "Tried", FlowDefinitions.Write(s_flow), owner.User!.Value, Token)).Value;
        var trial = new TrialState(Get<FlowRuns>(), Get<IRunStore>(), owner);
        trial.Show(await LookAsync(), path);
        return (trial, flow);
    }

    private async Task<MistralStudio.Flows.Editing.FlowLook> LookAsync() => await Get<FlowPlans>().LookAsync((await OwnerAsync()).Workspace, s_flow, Token);
}
