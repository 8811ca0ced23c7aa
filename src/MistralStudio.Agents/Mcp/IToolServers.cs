using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Mcp;

/// <summary>
/// Servers of tools that speak the Model Context Protocol: the workspace's connections of kind MCP over streamable HTTP, and those that the
/// operator's configuration starts as processes (<see cref="McpOptions"/>). What they say of their tools and what these return is hostile:
/// data, never instructions.
/// </summary>
public interface IToolServers
{
    /// <summary>The servers that a workspace may name, by name.</summary>
    Task<IReadOnlyList<ToolServer>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>The tools of a server, in its order; fails where it is unknown or cannot be reached.</summary>
    Task<Result<IReadOnlyList<ServerTool>>> ListToolsAsync(WorkspaceId workspace, string server, CancellationToken cancellationToken);

    /// <summary>
    /// Calls a tool once. A tool that ran and failed is a result (<see cref="ToolResult.IsError"/>), which an agent shows its model; a server
    /// that is unknown, refused or unreachable is a failure.
    /// </summary>
    Task<Result<ToolResult>> CallAsync(ToolCall call, CancellationToken cancellationToken);
}

/// <summary>A server of tools.</summary>
/// <param name="Name">By which flows name it: a connection's slug, or the name in the operator's configuration.</param>
/// <param name="Title">For people.</param>
/// <param name="IsProcess">True where the operator's configuration starts it on this machine.</param>
public sealed record ToolServer(string Name, string Title, bool IsProcess);

/// <summary>A tool as its server describes it, cut where it says too much.</summary>
/// <param name="Parameters">JSON Schema of its arguments.</param>
public sealed record ServerTool(string Name, string Title, string Description, JsonElement Parameters);

/// <summary>A call of a tool.</summary>
/// <param name="Arguments">An object.</param>
public sealed record ToolCall(WorkspaceId Workspace, string Server, string Tool, JsonElement Arguments)
{
    /// <summary>Documents that the arguments came from, which may have to stay on this machine.</summary>
    public IReadOnlyCollection<DocumentId> Sources { get; init; } = [];

    /// <summary>Knowledge bases whose words the arguments may hold, where the documents are not known.</summary>
    public IReadOnlyCollection<KnowledgeBaseId> Knowledge { get; init; } = [];
}

/// <summary>What a tool returned.</summary>
/// <param name="Text">Its text; other contents (images, links) are named in brackets.</param>
/// <param name="Structured">Its structured content; null where it gave none.</param>
/// <param name="IsError">True where the tool itself says that it failed.</param>
public sealed record ToolResult(string Text, JsonElement? Structured, bool IsError);
