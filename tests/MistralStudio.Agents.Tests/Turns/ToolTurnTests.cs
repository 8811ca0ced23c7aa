using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tests.Nodes.Agent;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared.Fakes;
using static MistralStudio.Agents.Tests.Nodes.Agent.TurningModel;

namespace MistralStudio.Agents.Tests.Turns;

public sealed class ToolTurnTests
{
    private static readonly PromptTool s_weather = Tool("get_weather", new PromptToolSource(Mock: "12 degrees, rain"));
    private static readonly PromptTool s_read = Tool("read_file", new PromptToolSource(Mcp: new PromptMcpTool("files", "read_file")));

    private readonly FakeKnowledgeSearch _knowledge = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AMockedTool_IsCalledByItself_AndTheModelReadsItsText()
    {
        var model = new TurningModel(Says("Let me look.", """get_weather {"place":"Paris"}"""), Says("It rains in Paris."));

        var events = await RunAsync(model, Turn(s_weather));

        var uses = Uses(events);
        Assert.Equal([ToolUseState.Asked, ToolUseState.Running, ToolUseState.Answered], uses.Select(use => use.State));
        Assert.Equal(("get_weather", """{"place":"Paris"}""", "12 degrees, rain", 1, "Let me look.".Length), (uses[2].Tool, uses[2].Arguments, uses[2].Result, uses[2].Round, uses[2].At));
        Assert.Equal(["12 degrees, rain"], model.Results);
        Assert.Equal("Let me look.\n\nIt rains in Paris.", string.Concat(events.OfType<AgentEvent.TextDelta>().Select(delta => delta.Text)));
        var completed = Assert.IsType<AgentEvent.Completed>(events[^1]);
        Assert.Equal((20, 10), (completed.Usage.InputTokens, completed.Usage.OutputTokens));
        Assert.NotNull(completed.Timings.ToolMs);
        Assert.Equal("get_weather", Assert.Single(model.Requests[0].Options.Tools!).Name);
    }

    [Fact]
    public async Task AServersTool_IsNotCalled_WhereNobodyIsThereToApprove()
    {
        var servers = new ScriptedToolServers();
        var model = new TurningModel(Says("""read_file {"place":"a"}"""), Says("Then not."));

        var events = await RunAsync(model, Turn(s_read), servers);

        Assert.Empty(servers.Calls);
        Assert.Equal("agent.tool_unapproved", Uses(events)[^1].Error!.Code);
        Assert.Contains("needs a person's approval", Assert.Single(model.Results), StringComparison.Ordinal);
        Assert.IsType<AgentEvent.Completed>(events[^1]);
    }

    [Fact]
    public async Task AServersTool_IsGivenWhatWasHeard_SoThatItCanBeRefused()
    {
        var (knowledge, heard) = (KnowledgeBaseId.New(), KnowledgeBaseId.New());
        _knowledge.Hits.Add(FakeKnowledgeSearch.Hit("A secret."));
        var servers = new ScriptedToolServers(_ => Task.FromResult<Result<ToolResult>>(new ToolResult("", JsonElement.Parse("""{"lines":3}"""), IsError: false)));
        var model = new TurningModel(Says("""read_file {"place":"a"}"""), Says("Three."));
        var turn = Turn(s_read) with { Desk = new Desk(_ => new ToolDecision.Run()), Knowledge = [knowledge], Heard = [heard] };

        await RunAsync(model, turn, servers);

        var call = Assert.Single(servers.Calls);
        Assert.Equal((turn.Workspace, "files", "read_file"), (call.Workspace, call.Server, call.Tool));
        Assert.Equal([knowledge, heard], call.Knowledge);
        Assert.Equal(_knowledge.Hits.Select(hit => hit.DocumentId), call.Sources);
        Assert.Equal("""{"lines":3}""", Assert.Single(model.Results));
    }

    [Fact]
    public async Task APerson_EditsArguments_GivesAResult_OrRefuses()
    {
        var servers = new ScriptedToolServers();
        var model = new TurningModel(Says("""read_file {"place":"a"}""", """read_file {"place":"b"}""", """read_file {"place":"c"}"""), Says("Done."));
        var desk = new Desk(use => JsonElement.Parse(use.Arguments).GetProperty("place").GetString() switch
        {
            "a" => new ToolDecision.Run(JsonElement.Parse("""{"place":"elsewhere"}""")),
            "b" => new ToolDecision.Give("by hand"),
            _ => new ToolDecision.Refuse("Not this one."),
        });

        var events = await RunAsync(model, Turn(s_read) with { Desk = desk }, servers);

        Assert.Equal("elsewhere", Assert.Single(servers.Calls).Arguments.GetProperty("place").GetString());
        Assert.Equal(["ok", "by hand", "A person refused this call. Not this one."], model.Results);
        var over = Uses(events).Where(use => use.IsOver).ToList();
        Assert.Equal([ToolUseState.Answered, ToolUseState.Answered, ToolUseState.Refused], over.Select(use => use.State));
        Assert.Equal(("""{"place":"a"}""", """{"place":"elsewhere"}"""), (over[0].Wanted, over[0].Arguments));
        Assert.Equal((false, true, "Not this one."), (over[0].ByHand, over[1].ByHand, over[2].Note));
    }

    [Fact]
    public async Task AToolWithoutASource_IsAPersons_AndRunningItIsToldToBeImpossible()
    {
        var model = new TurningModel(Says("""ask_me {"place":"a"}"""), Says("Done."));
        var events = await RunAsync(model, Turn(Tool("ask_me", null)) with { Desk = new Desk(_ => new ToolDecision.Run()) });
        Assert.Equal("agent.tool_by_hand", Uses(events)[^1].Error!.Code);
    }

    [Fact]
    public async Task AToolThatNeverAnswers_IsLeft_AndBothAreToldSo()
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource();
        var servers = new ScriptedToolServers(_ =>
        {
            asked.SetResult();
            // Looks at no token either.
            return new TaskCompletionSource<Result<ToolResult>>().Task;
        });
        var model = new TurningModel(Says("""read_file {"place":"a"}"""), Says("Without it, then."));
        var running = RunAsync(model, Turn(s_read) with { Desk = new Desk(_ => new ToolDecision.Run()) }, servers, time);
        await asked.Task;
        while (!running.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        var events = await running;
        var use = Uses(events)[^1];
        Assert.Equal((ToolUseState.TimedOut, "agent.tool_timeout"), (use.State, use.Error!.Code));
        Assert.Equal("The tool \"read_file\" did not answer within 60 s.", use.Error.Message);
        Assert.Equal($"The tool failed: {use.Error}", Assert.Single(model.Results));
        Assert.IsType<AgentEvent.Completed>(events[^1]);
    }

    [Fact]
    public async Task ACall_ThatNobodyDecidesAbout_IsNotMade()
    {
        var time = new FakeTimeProvider();
        var servers = new ScriptedToolServers();
        var desk = new SilentDesk();
        var model = new TurningModel(Says("""read_file {"place":"a"}"""), Says("Done."));
        var running = RunAsync(model, Turn(s_read) with { Desk = desk }, servers, time);
        await desk.Asked;
        while (!desk.IsLeft)
        {
            time.Advance(TimeSpan.FromMinutes(10));
            await Task.Yield();
        }

        var events = await running;
        Assert.Equal("agent.tool_undecided", Uses(events)[^1].Error!.Code);
        Assert.Empty(servers.Calls);
        var timings = Assert.IsType<AgentEvent.Completed>(events[^1]).Timings;
        // A person's half hour is not the turn's.
        Assert.InRange(timings.TotalMs, 0, TimeSpan.FromMinutes(11).TotalMilliseconds);
    }

    [Theory]
    [InlineData("""nothing_like_it {"place":"a"}""", "agent.no_such_tool")]
    [InlineData("""read_file {"place":5}""", "agent.bad_arguments")]
    public async Task ACallThatCannotBeMade_IsToldToTheModel_AndNobodyIsAsked(string call, string code)
    {
        var model = new TurningModel(Says(call), Says("Sorry."));
        var events = await RunAsync(model, Turn(s_read) with { Desk = new Desk(_ => throw new InvalidOperationException("asked")) });
        Assert.Equal(code, Uses(events)[^1].Error!.Code);
        Assert.Single(model.Results);
    }

    [Fact]
    public async Task AModelThatCallsWithoutEnd_EndsAtItsLastStep()
    {
        var model = new TurningModel(Says("""get_weather {"place":"Paris"}"""));
        var events = await RunAsync(model, Turn(s_weather) with { Limits = new ToolLimits { MostSteps = 3 } });
        Assert.Equal("agent.steps_over", Assert.IsType<AgentEvent.Failed>(events[^1]).Error.Code);
        Assert.Equal(3, model.Requests.Count);
    }

    [Fact]
    public async Task ATurnStopped_WhileAPersonThinks_KeepsItsCall()
    {
        using var stop = new CancellationTokenSource();
        var desk = new SilentDesk();
        var time = new FakeTimeProvider();
        var events = new List<AgentEvent>();
        var running = Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var happened in Runner(new TurningModel(Says("""read_file {"place":"a"}""")), null, time).RunAsync(Turn(s_read) with { Desk = desk }, stop.Token))
            {
                events.Add(happened);
            }
        });
        await desk.Asked;
        time.Advance(TimeSpan.FromMinutes(4));
        await stop.CancelAsync();
        await running;

        Assert.Equal(ToolUseState.Asked, Assert.Single(Uses(events)).State);
        // What a person thinks is nobody's time.
        Assert.Equal(0, Assert.IsType<AgentEvent.Stopped>(events[^1]).Timings.TotalMs);
    }

    [Fact]
    public async Task AModelWithoutTools_IsNotAsked()
    {
        var model = new TurningModel(Says("Hello.")) { CallsTools = false };
        var events = await RunAsync(model, Turn(s_weather));
        Assert.Equal("agent.no_tools", Assert.IsType<AgentEvent.Failed>(Assert.Single(events)).Error.Code);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task AnEarlierAnswerWithCalls_IsShownToTheModel_AsItWas()
    {
        var model = new TurningModel(Says("x"), Says("x"), Says("Yes."));
        var use = new ToolUse { Id = "c1", Tool = "get_weather", Arguments = """{"place":"Paris"}""", Round = 1, At = 5, State = ToolUseState.Answered, Result = "rain" };
        TurnMessage[] before =
        [
            new(MessageRole.User, "Weather?"),
            new(MessageRole.Assistant, "Look.\n\nIt rains.") { Tools = [use, use with { Id = "c2", State = ToolUseState.Asked, Result = null }, use with { Id = "c3", State = ToolUseState.Running, Result = null }] },
        ];
        await RunAsync(model, Turn(s_weather) with { Messages = [.. before, new(MessageRole.User, "Sure?")] });

        var messages = model.Requests[0].Messages;
        Assert.Equal(["user", "assistant", "tool", "tool", "tool", "assistant", "user"], messages.Select(message => message.Role.Value));
        Assert.Equal(("Look.", "It rains."), (messages[1].Text, messages[5].Text));
        Assert.Equal(["c1", "c2", "c3"], messages[1].Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        Assert.Equal(["rain", "The call was not made.", "It is not known how this call ended. It may have had its effect."], messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => result.Result));
    }

    private static PromptTool Tool(string name, PromptToolSource? source) =>
        new(name, $"Does {name}.", JsonElement.Parse("""{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}"""), source);

    private static AgentTurn Turn(params PromptTool[] tools) => new()
    {
        Workspace = WorkspaceId.New(),
        Model = ModelReference.Default,
        Messages = [new TurnMessage(MessageRole.User, "What is the weather?")],
        Tools = tools,
    };

    private static List<ToolUse> Uses(IEnumerable<AgentEvent> events) => [.. events.OfType<AgentEvent.Tool>().Select(happened => happened.Use)];

    private AgentRunner Runner(IChatClient model, IToolServers? servers, TimeProvider time) =>
        new(new FakeModelRouter(model), _knowledge, _knowledge, _knowledge, TurnTooling.Of(servers, time), new InMemoryBlobs(), time);

    private async Task<List<AgentEvent>> RunAsync(IChatClient model, AgentTurn turn, IToolServers? servers = null, TimeProvider? time = null)
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in Runner(model, servers, time ?? TimeProvider.System).RunAsync(turn, Token))
        {
            events.Add(happened);
        }

        return events;
    }

    private sealed class Desk(Func<ToolUse, ToolDecision> decide) : IToolDesk
    {
        public ValueTask<ToolDecision> DecideAsync(PromptTool tool, ToolUse use, CancellationToken cancellationToken) => new(decide(use));
    }

    private sealed class SilentDesk : IToolDesk
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public volatile bool IsLeft;

        public async ValueTask<ToolDecision> DecideAsync(PromptTool tool, ToolUse use, CancellationToken cancellationToken)
        {
            _asked.SetResult();
            using var left = cancellationToken.Register(() => IsLeft = true);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return new ToolDecision.Run();
        }
    }
}
