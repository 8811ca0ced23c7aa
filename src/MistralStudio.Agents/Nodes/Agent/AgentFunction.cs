using System.Text.Json;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>A tool as the model sees it, and where its calls go. It is journalled: a run that goes on later has the tools that it began with.</summary>
/// <param name="Name">What the model calls it by: letters, digits and underscores.</param>
/// <param name="Parameters">JSON Schema of its arguments.</param>
/// <param name="Tool">Which tool of the configuration it belongs to.</param>
/// <param name="Target">Which of that tool's: an operation, the name at a server, a flow with its number.</param>
internal sealed record AgentFunction(string Name, string Description, JsonElement Parameters, int Tool, string Target, NodeEffects Effects, bool IsIdempotent = false);

/// <summary>A call of a tool.</summary>
/// <param name="Key">The same whenever this very call is made again.</param>
/// <param name="Sources">Every document that the model has read words of.</param>
internal sealed record AgentCall(
    NodeExecution Execution, AgentTool Tool, AgentFunction Function, JsonElement Arguments, string Key, IReadOnlyCollection<DocumentId> Sources);

/// <summary>One kind of tools.</summary>
internal interface IAgentTools
{
    ToolKind Kind { get; }

    /// <summary>The functions of a tool of the configuration; names are made unique later.</summary>
    /// <param name="index">Its place in the configuration.</param>
    ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(NodeExecution execution, AgentTool tool, int index, CancellationToken cancellationToken);

    /// <summary>Calls one of them. A failure is told to the model.</summary>
    Task<Result<ToolOutcome>> CallAsync(AgentCall call, CancellationToken cancellationToken);
}
