using System.Text.Json;
using MistralStudio.Agents.Tests.Nodes;
using MistralStudio.Agents.Tests.Nodes.Agent;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared.Fakes;
using static MistralStudio.Agents.Tests.Nodes.Agent.TurningModel;

namespace MistralStudio.Agents.Tests.Turns;

/// <summary>Published flows as tools of a turn.</summary>
public sealed class FlowTurnTests
{
    private static readonly PromptTool s_triage = new(
        "run_triage", "Runs the flow.", JsonElement.Parse("""{"type":"object","properties":{"question":{"type":"string"}}}"""), new PromptToolSource(Flow: "triage@3"));

    private readonly ScriptedFlows _flows = new();
    private readonly KeptConnections _connections = new();
    private readonly InMemoryKnowledge _knowledge = new();
    private readonly FakeKnowledgeSearch _search = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();
    private Func<IReadOnlyCollection<KnowledgeBaseId>, Error?> _refuses = _ => null;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheVersionThatWasChosen_IsCalled_InThePersonsName_AndTheModelReadsItsAnswer()
    {
        var asker = UserId.New();
        var model = new TurningModel(Says("""run_triage {"question":"Fire!"}"""), Says("It is urgent."));
        var events = await RunAsync(model, Turn() with { Asker = asker, Depth = 2 });

        var call = Assert.Single(_flows.Calls);
        Assert.Equal((_workspace, "triage@3", asker, 2, null), (call.Workspace, call.Reference, call.By, call.Depth, call.Once));
        Assert.Equal("Fire!", call.Inputs["question"].GetString());
        Assert.Equal(["urgent"], model.Results);
        Assert.Equal((ToolUseState.Answered, "urgent", null, _flows.Run), (Last(events).State, Last(events).Result, Last(events).Heard, Last(events).Run));
    }

    [Fact]
    public async Task AFailedRun_IsNamedToo_ForWhoeverLooksWhy()
    {
        _flows.Answers = _ => new Error("run.cancelled", "It was cancelled.", "Start it again.");
        var events = await RunAsync(new TurningModel(Says("""run_triage {"question":"Fire!"}"""), Says("Then not.")), Turn());
        Assert.Equal((ToolUseState.Failed, _flows.Run), (Last(events).State, Last(events).Run));
    }

    [Fact]
    public async Task NoFlowIsCalled_WhereNobodyIsThereToApprove()
    {
        var events = await RunAsync(new TurningModel(Says("run_triage {}"), Says("Then not.")), Turn() with { Desk = null });
        Assert.Empty(_flows.Calls);
        Assert.Equal("agent.tool_unapproved", Last(events).Error!.Code);
    }

    [Fact]
    public async Task WhatWasHeardOfABaseThatStays_IsToldToNoFlow()
    {
        var heard = KnowledgeBaseId.New();
        _connections.StayingBases.Add(heard);
        var events = await RunAsync(new TurningModel(Says("run_triage {}"), Says("Then not.")), Turn() with { Heard = [heard] });
        Assert.Empty(_flows.Calls);
        Assert.Equal(ConnectionErrors.KnowledgeStays("Salaries").Code, Last(events).Error!.Code);
    }

    [Fact]
    public async Task WhatAFlowReadOfABase_StaysWithTheCall_AndGoesOnToTheNext()
    {
        var (parent, document) = await BaseAsync();
        _flows.Answers = _ => Answer(document);
        var model = new TurningModel(Says("run_triage {}"), Says("""run_triage {"question":"Again?"}"""), Says("Done."));
        var events = await RunAsync(model, Turn());

        Assert.Equal([[], [document]], _flows.Calls.Select(call => call.Sources));
        Assert.Equal([parent], Last(events).Heard);
        Assert.IsType<AgentEvent.Completed>(events[^1]);
    }

    [Fact]
    public async Task WhatAFlowReadOfABaseThatStays_IsNotToldToAModelElsewhere()
    {
        var (parent, document) = await BaseAsync();
        _flows.Answers = _ => Answer(document);
        _refuses = bases => bases.Contains(parent) ? ConnectionErrors.KnowledgeStays("Salaries") : null;
        var model = new TurningModel(Says("run_triage {}"), Says("Without it, then."));
        var events = await RunAsync(model, Turn());

        Assert.Equal((ToolUseState.Failed, null), (Last(events).State, Last(events).Result));
        Assert.Equal($"The tool failed: {ConnectionErrors.KnowledgeStays("Salaries")}", Assert.Single(model.Results));
    }

    private static FlowAnswer Answer(DocumentId source) =>
        new(RunId.New(), new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("The salary is 5.") with { Sources = [source] } }, RunUsage.None);

    private static ToolUse Last(IEnumerable<AgentEvent> events) => events.OfType<AgentEvent.Tool>().Last().Use;

    private AgentTurn Turn() => new()
    {
        Workspace = _workspace,
        Model = ModelReference.Default,
        Messages = [new TurnMessage(MessageRole.User, "Is it urgent?")],
        Tools = [s_triage],
        Desk = new Yes(),
    };

    private async Task<(KnowledgeBaseId Base, DocumentId Document)> BaseAsync()
    {
        var parent = await _knowledge.CreateBaseAsync(_workspace, "Salaries", "e", null, Stop);
        return (parent.Id, (await _knowledge.AddDocumentAsync(_workspace, parent.Id, new NewDocument("a.pdf", "application/pdf", 1, "00", null), Stop))!.Id);
    }

    private async Task<List<AgentEvent>> RunAsync(TurningModel model, AgentTurn turn)
    {
        var router = new FakeModelRouter(model) { Refuses = bases => _refuses(bases) };
        var tools = TurnTooling.Of(flows: _flows, connections: _connections, knowledge: _knowledge, models: router);
        var runner = new AgentRunner(router, _search, _search, _search, tools, new InMemoryBlobs(), TimeProvider.System);
        var events = new List<AgentEvent>();
        await foreach (var happened in runner.RunAsync(turn, Stop))
        {
            events.Add(happened);
        }

        return events;
    }

    private sealed class Yes : IToolDesk
    {
        public ValueTask<ToolDecision> DecideAsync(PromptTool tool, ToolUse use, CancellationToken cancellationToken) => new(new ToolDecision.Run());
    }
}
