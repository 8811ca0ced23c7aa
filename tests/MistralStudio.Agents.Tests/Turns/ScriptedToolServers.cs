using System.Text.Json;
using MistralStudio.Agents.Mcp;
using MistralStudio.Core;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Tests.Turns;

/// <summary>One server of tools, <c>files</c>, that answers what a test wrote, and remembers what it was asked.</summary>
internal sealed class ScriptedToolServers(Func<ToolCall, Task<Result<ToolResult>>>? answer = null) : IToolServers
{
    private readonly List<ToolCall> _calls = [];

    /// <summary>Every call so far.</summary>
    public IReadOnlyList<ToolCall> Calls => _calls;

    /// <summary>The server's tools.</summary>
    public IReadOnlyList<ServerTool> Tools { get; init; } =
    [
        new("read_file", "Read a file", "Reads a file of the shared folder.", JsonElement.Parse("""{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}""")),
        new("delete_file", "Delete a file", "Deletes a file for good.", JsonElement.Parse("""{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}""")),
    ];

    /// <summary>Why its tools cannot be listed; null where they can.</summary>
    public Error? Unreachable { get; init; }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ToolServer>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ToolServer>>([new ToolServer("files", "Shared files", IsProcess: false)]);

    /// <inheritdoc/>
    public Task<Result<IReadOnlyList<ServerTool>>> ListToolsAsync(WorkspaceId workspace, string server, CancellationToken cancellationToken) =>
        Task.FromResult(Unreachable is { } error ? error : server == "files" ? Result<IReadOnlyList<ServerTool>>.Success(Tools) : McpErrors.NoServer(server));

    /// <inheritdoc/>
    public async Task<Result<ToolResult>> CallAsync(ToolCall call, CancellationToken cancellationToken)
    {
        _calls.Add(call);
        return answer is null ? new ToolResult("ok", null, IsError: false) : await answer(call);
    }
}
