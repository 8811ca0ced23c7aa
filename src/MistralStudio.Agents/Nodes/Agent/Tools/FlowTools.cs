using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent.Tools;

/// <summary>Published flows. A call is a run of its own with the rights of its version; the same call is made once, however often a crash repeats it.</summary>
/// <param name="calls">Asked for when a flow is called: what runs flows runs this node.</param>
internal sealed class FlowTools(Lazy<IFlowCalls> calls) : IAgentTools
{
    public ToolKind Kind => ToolKind.Flow;

    public async ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(NodeExecution execution, AgentTool tool, int index, CancellationToken cancellationToken)
    {
        if (await calls.Value.FindAsync(execution.Start.Workspace, tool.Flow!, cancellationToken) is not { } flow)
        {
            return AgentNodeErrors.NoFlow(tool.Flow!);
        }

        return Result<IReadOnlyList<AgentFunction>>.Success(
        [
            new AgentFunction(
                tool.Name ?? flow.ToolName, tool.Description ?? flow.ToolDescription, flow.InputSchema, index, flow.Pinned, NodeEffects.Changes, IsIdempotent: true),
        ]);
    }

    public async Task<Result<ToolOutcome>> CallAsync(AgentCall call, CancellationToken cancellationToken)
    {
        var start = call.Execution.Start;
        var answer = await calls.Value.CallAsync(
            FlowCall.With(start.Workspace, call.Function.Target, call.Arguments) with
            {
                By = start.StartedBy ?? start.Authority.User,
                Key = start.Authority.Key,
                Depth = start.Depth + 1,
                Once = call.Key,
                Sources = call.Sources,
            },
            cancellationToken);
        return answer.IsSuccess ? ToolOutcome.Of(answer.Value) : answer.Error;
    }
}
