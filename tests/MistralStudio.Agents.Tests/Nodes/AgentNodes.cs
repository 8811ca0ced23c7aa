using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Agents.Tests.Nodes;

/// <summary>This room's nodes in the engine, over one scripted model.</summary>
internal sealed class AgentNodes : IDisposable
{
    /// <param name="allowed">Places that the operator allows.</param>
    public AgentNodes(IChatClient model, TimeProvider? time = null, params string[] allowed)
    {
        Router = new FakeModelRouter(model);
        Rig = new NodeRig(
            services =>
            {
                services.AddSingleton<IModelRouter>(Router);
                services.AddSingleton<IModelHost>(Models);
                services.AddSingleton<IKnowledgeStates>(Knowledge);
                services.AddSingleton<IKnowledgeStore>(Knowledge);
                services.AddSingleton<IKnowledgeSearch>(Search);
                services.AddSingleton<IKnowledgeReader>(Search);
                services.AddSingleton<ICitationLinker>(Search);
                services.AddSingleton<IEgress>(new GuardedEgress([OperatorHosts.Read(allowed).Hosts!], new SystemNetwork(), TimeProvider.System));
                services.AddSingleton<IFlowCalls>(Flows);
                services.AddSingleton<IConnectionStore>(Connections);
                services.AddSingleton<IDataClasses>(Connections);
                services.AddAgents();
            },
            time);
    }

    public NodeRig Rig { get; }

    public FakeModelRouter Router { get; }

    public KeptConnections Connections { get; } = new();

    public ScriptedFlows Flows { get; } = new();

    public ModelShelf Models { get; } = new();

    public InMemoryKnowledge Knowledge { get; } = new();

    public FakeKnowledgeSearch Search { get; } = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A base with one document, and a text that came from it.</summary>
    public async Task<(KnowledgeBaseId Base, FlowValue Text)> TextOfABaseAsync(string text)
    {
        var parent = await Knowledge.CreateBaseAsync(Rig.Workspace, "Contracts", "e", null, Token);
        var document = await Knowledge.AddDocumentAsync(Rig.Workspace, parent.Id, new NewDocument("a.pdf", "application/pdf", 1, "00", null), Token);
        return (parent.Id, FlowValue.Of(text) with { Sources = [document!.Id] });
    }

    public void Dispose() => Rig.Dispose();
}

/// <summary>One published flow, <c>triage@3</c>, that gives what a test says.</summary>
internal sealed class ScriptedFlows : IFlowCalls
{
    private static readonly CallableFlow s_triage = new(
        FlowId.New(), "triage", "Triage", 3, JsonElement.Parse("""{"type":"object","properties":{"question":{"type":"string"}},"required":["question"]}"""));

    /// <summary>Every call, in order.</summary>
    public List<FlowCall> Calls { get; } = [];

    /// <summary>The run that each call makes.</summary>
    public RunId Run { get; } = RunId.New();

    /// <summary>What a call comes to.</summary>
    public Func<FlowCall, Result<FlowAnswer>> Answers { get; set; } = _ =>
        new FlowAnswer(RunId.New(), new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("urgent") }, new RunUsage(100, 7));

    public ValueTask<CallableFlow?> FindAsync(WorkspaceId workspace, string reference, CancellationToken cancellationToken) =>
        new(reference is "triage" or "triage@3" ? s_triage : null);

    public ValueTask<IReadOnlyList<CallableFlow>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) => new([s_triage]);

    public Task<Result<FlowAnswer>> CallAsync(FlowCall call, CancellationToken cancellationToken)
    {
        Calls.Add(call);
        call.Ran?.Invoke(Run);
        return Task.FromResult(Answers(call));
    }
}
