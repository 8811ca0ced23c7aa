using System.Text.Json;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat.ToolCalls;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Tools, the form of the answer, likelihood and knowledge of a prompt, in every column.</summary>
public sealed class PlaygroundToolsTests
{
    private static readonly PromptTool s_tool = new("get_weather", "Weather.", JsonElement.Parse("""{"type":"object"}"""), new PromptToolSource(Mcp: new PromptMcpTool("sky", "weather")));
    private static readonly ToolUse s_use = new() { Id = "c1", Tool = "get_weather", Arguments = "{}", Round = 1, At = 0, State = ToolUseState.Asked };

    private readonly ColumnRunner _runner = new();
    private readonly InMemoryConversations _store = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryColumn_IsAskedWithThePromptsToolsFormAndKnowledge()
    {
        await using var state = await OpenAsync(Role.Builder);
        var form = new PromptSchema("Weather", JsonElement.Parse("{}"));
        var knowledge = KnowledgeBaseId.New();
        state.Draft.Change(content => content with { Tools = [s_tool], Answer = form });
        state.Pick(knowledge, isPicked: true);
        state.AsksConfidence = true;
        await state.SendAsync("Weather?", Stop);

        var (first, second) = (await _runner.NextAsync("a"), await _runner.NextAsync("b"));
        Assert.All([first, second], turn =>
        {
            Assert.Same(s_tool, Assert.Single(turn.Tools));
            Assert.Equal((form, 5), (turn.Answer, turn.Alternatives));
            Assert.Equal([knowledge], turn.Knowledge);
            Assert.IsType<ToolDesk>(turn.Desk);
        });
        Assert.NotSame(first.Desk, second.Desk);
        await EndAsync(state);
    }

    [Fact]
    public async Task WhatIsAllowedInOneColumn_IsAllowedInTheOthers_AndNowhereElse()
    {
        await using var state = await OpenAsync(Role.Builder);
        state.Draft.Change(content => content with { Tools = [s_tool] });
        await state.SendAsync("Weather?", Stop);
        state.Allowance.Allow(s_tool);

        Assert.IsType<ToolDecision.Run>(await (await _runner.NextAsync("b")).Desk!.DecideAsync(s_tool, s_use, Stop));
        await using var other = await OpenAsync(Role.Builder);
        Assert.False(other.Allowance.Allows(s_tool));
        await EndAsync(state);
    }

    [Fact]
    public async Task AMember_HasNoServersToolCalled()
    {
        await using var state = await OpenAsync(Role.Member);
        state.Draft.Change(content => content with { Tools = [s_tool] });
        await state.SendAsync("Weather?", Stop);
        Assert.IsType<ToolDecision.Refuse>(await (await _runner.NextAsync("a")).Desk!.DecideAsync(s_tool, s_use, Stop));
        await EndAsync(state);
    }

    [Fact]
    public async Task AFlow_AsksAMemberFirst_AndIsRunForNobodyWhoMayRunNone()
    {
        var flow = s_tool with { Source = new PromptToolSource(Flow: "triage@3") };
        await using var state = await OpenAsync(Role.Member);
        Assert.False(state.Allowance.Allows(flow));
        state.Allowance.Allow(flow);
        Assert.IsType<ToolDecision.Run>(await new ToolDesk(state.Allowance).DecideAsync(flow, s_use, Stop));
        // The version that is published next was not allowed.
        Assert.False(state.Allowance.Allows(flow with { Source = new PromptToolSource(Flow: "triage@4") }));

        await using var viewer = await OpenAsync(Role.Viewer);
        viewer.Allowance.Allow(flow);
        Assert.IsType<ToolDecision.Refuse>(await new ToolDesk(viewer.Allowance).DecideAsync(flow, s_use, Stop));
    }

    [Fact]
    public async Task Rounds_AndTheWaitForACall_HoldInEveryColumn_AreBounded_AndComeBack()
    {
        var scope = Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Builder);
        await using var state = await OpenAsync(scope);
        Assert.Equal(ToolLimits.Default, state.Limits);
        state.Limit(3, TimeSpan.FromSeconds(5));
        state.Draft.Change(content => content with { Tools = [s_tool] });
        await state.SendAsync("Weather?", Stop);
        Assert.All([await _runner.NextAsync("a"), await _runner.NextAsync("b")], turn => Assert.Equal((3, TimeSpan.FromSeconds(5), scope.Person), (turn.Limits.MostSteps, turn.Limits.Result, turn.Asker)));
        await EndAsync(state);
        await state.SaveAsync();

        await using var later = await OpenAsync(scope);
        await later.OpenAsync(state.Chat.Conversation!.Id, Stop);
        Assert.Equal(state.Limits, later.Limits);
        later.Limit(0, TimeSpan.FromDays(2));
        Assert.Equal((1, ToolLimits.ResultBound), (later.Limits.MostSteps, later.Limits.Result));
        later.Limit(1_000, TimeSpan.Zero);
        Assert.Equal((ToolLimits.StepsBound, TimeSpan.FromSeconds(1)), (later.Limits.MostSteps, later.Limits.Result));
    }

    private async Task EndAsync(PlaygroundState state)
    {
        _runner.End("a");
        _runner.End("b");
        await Task.WhenAll(state.Columns.Select(column => column.Chat.WhenIdleAsync()));
    }

    private Task<PlaygroundState> OpenAsync(Role role) => OpenAsync(Scopes.Of(WorkspaceId.New(), UserId.New(), role));

    private async Task<PlaygroundState> OpenAsync(WorkspaceScope scope)
    {
        var state = Playgrounds.Open(_runner.Hosted, _store, scope, models: new ManyModels("a", "b"));
        await state.OpenAsync(null, Stop);
        await state.ShowColumnsAsync(2, Stop);
        return state;
    }
}
