using System.Text.Json.Nodes;
using MistralStudio.Agents.Mcp;
using MistralStudio.Agents.Outside;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.McpTool;

/// <summary>Runs MCP tool nodes.</summary>
internal sealed class McpToolExecutor(IToolServers servers) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => McpToolNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (McpToolConfig)execution.Config;
        var arguments = config.Arguments is { ValueKind: System.Text.Json.JsonValueKind.Object } given ? JsonObject.Create(given)! : [];
        foreach (var name in config.Pass)
        {
            // An in-port whose branch was not taken is an argument that is not given.
            if (execution.Inputs.TryGetValue(name, out var value))
            {
                arguments[name] = JsonNode.Parse(value.Json.GetRawText());
            }
        }

        var call = new ToolCall(execution.Start.Workspace, config.Server, config.Tool, FlowValue.From(arguments).Json) { Sources = execution.Sources };
        var result = await servers.CallAsync(call, cancellationToken);
        if (!result.IsSuccess)
        {
            return new NodeOutcome.Failed(result.Error, config.ReadOnly && (ServerAnswer.IsTransient(result.Error) || result.Error.Code == "mcp.timeout"));
        }

        return result.Value.IsError
            ? new NodeOutcome.Failed(McpErrors.ToolFailed(config.Server, config.Tool, result.Value.Text))
            : NodeOutcome.Of("result", result.Value.Structured is { } structured ? FlowValue.Of(structured) : FlowValue.Of(result.Value.Text));
    }
}
