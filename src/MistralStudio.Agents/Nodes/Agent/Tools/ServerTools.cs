using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent.Tools;

/// <summary>Tools of MCP servers. Whether one only reads is the author's word, not the server's.</summary>
internal sealed class ServerTools(IToolServers servers) : IAgentTools
{
    public ToolKind Kind => ToolKind.Mcp;

    public async ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(NodeExecution execution, AgentTool tool, int index, CancellationToken cancellationToken)
    {
        var listed = await servers.ListToolsAsync(execution.Start.Workspace, tool.Server!, cancellationToken);
        if (!listed.IsSuccess)
        {
            return listed.Error;
        }

        var known = listed.Value.ToDictionary(one => one.Name, StringComparer.Ordinal);
        if (tool.Tools.FirstOrDefault(name => !known.ContainsKey(name)) is { } missing)
        {
            return AgentNodeErrors.NoServerTool(tool.Server!, missing);
        }

        IEnumerable<ServerTool> chosen = tool.Tools.Count == 0 ? listed.Value : tool.Tools.Select(name => known[name]);
        return Result<IReadOnlyList<AgentFunction>>.Success(
        [
            .. chosen.Select(one => new AgentFunction(
                one.Name, one.Description.Length > 0 ? one.Description : one.Title, one.Parameters, index, one.Name,
                tool.ReadOnly.Contains(one.Name) ? NodeEffects.Reads : NodeEffects.Changes)),
        ]);
    }

    public async Task<Result<ToolOutcome>> CallAsync(AgentCall call, CancellationToken cancellationToken)
    {
        var result = await servers.CallAsync(
            new ToolCall(call.Execution.Start.Workspace, call.Tool.Server!, call.Function.Target, call.Arguments) { Sources = call.Sources }, cancellationToken);
        return result.IsSuccess ? ToolOutcome.Of(result.Value) : result.Error;
    }
}
