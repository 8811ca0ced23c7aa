using MistralStudio.Agents.Mcp;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Playground.Tools;

/// <summary>What the workspace offers as tools of prompts, under names that models take and that no other tool has.</summary>
public static class OfferedTools
{
    /// <summary>A tool of a server.</summary>
    public static PromptTool Of(string server, ServerTool tool, IEnumerable<string> taken) => new(
        ToolNames.Free(tool.Name, taken), tool.Description.Length > 0 ? tool.Description : tool.Title, tool.Parameters, new PromptToolSource(Mcp: new PromptMcpTool(server, tool.Name)));

    /// <summary>A published flow.</summary>
    public static PromptTool Of(CallableFlow flow, IEnumerable<string> taken) =>
        new(ToolNames.Free(flow.ToolName, taken), flow.ToolDescription, flow.InputSchema, new PromptToolSource(Flow: flow.Pinned));
}
