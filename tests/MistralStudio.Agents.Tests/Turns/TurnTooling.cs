using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tests.Nodes;
using MistralStudio.Agents.Turns;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Agents.Tests.Turns;

/// <summary>What turns call tools with, over fakes.</summary>
internal static class TurnTooling
{
    public static TurnTools Of(
        IToolServers? servers = null, TimeProvider? time = null, IFlowCalls? flows = null, KeptConnections? connections = null, InMemoryKnowledge? knowledge = null, IModelRouter? models = null)
    {
        var calls = new Lazy<IFlowCalls>(() => flows ?? new ScriptedFlows());
        return new TurnTools(
            servers ?? new ScriptedToolServers(),
            new TurnFlows(calls, connections ?? new KeptConnections(), knowledge ?? new InMemoryKnowledge(), models ?? new FakeModelRouter(new ScriptedChatClient(_ => ""))),
            time ?? TimeProvider.System);
    }
}
