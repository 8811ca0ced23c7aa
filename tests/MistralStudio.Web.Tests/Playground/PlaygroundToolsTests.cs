using System.Text.Json;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat.ToolCalls;
using MistralStudio.Web.Features.Playground;

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

    private async Task EndAsync(PlaygroundState state)
    {
        _runner.End("a");
        _runner.End("b");
        await Task.WhenAll(state.Columns.Select(column => column.Chat.WhenIdleAsync()));
    }

    private async Task<PlaygroundState> OpenAsync(Role role)
    {
        var state = Playgrounds.Open(_runner.Hosted, _store, Scopes.Of(WorkspaceId.New(), UserId.New(), role), models: new ManyModels("a", "b"));
        await state.OpenAsync(null, Stop);
        await state.ShowColumnsAsync(2, Stop);
        return state;
    }
}
