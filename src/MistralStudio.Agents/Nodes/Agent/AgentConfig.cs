using System.Text.Json;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>Configuration of an Agent, evaluated.</summary>
internal sealed record AgentConfig
{
    public string Model { get; init; } = "default";

    public string Prompt { get; init; } = "";

    public string System { get; init; } = "";

    public float? Temperature { get; init; }

    /// <summary>Of one answer.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>Calls of the model.</summary>
    public int MaxSteps { get; init; } = 10;

    public IReadOnlyList<AgentTool> Tools { get; init; } = [];

    /// <summary>Tools that a published version may call without asking, by the names that the model calls them by.</summary>
    public IReadOnlyList<string> Approved { get; init; } = [];

    /// <summary>Who may approve; nobody named: everyone here who may decide.</summary>
    public IReadOnlyList<string> Who { get; init; } = [];

    public TimeSpan? Expires { get; init; }
}

/// <summary>Where tools come from.</summary>
internal enum ToolKind
{
    /// <summary>Knowledge bases.</summary>
    Knowledge,

    /// <summary>Operations of an HTTP API.</summary>
    Http,

    /// <summary>A published flow.</summary>
    Flow,

    /// <summary>A server of tools.</summary>
    Mcp,
}

/// <summary>Something that an agent may use; which fields count follows from its kind.</summary>
internal sealed record AgentTool(ToolKind Kind)
{
    /// <summary>What the model calls it by; null: a name made of what it is.</summary>
    public string? Name { get; init; }

    /// <summary>What the model is told of it; null: what is known of it.</summary>
    public string? Description { get; init; }

    /// <summary>Knowledge: names or ids.</summary>
    public IReadOnlyList<string> Bases { get; init; } = [];

    /// <summary>Knowledge: passages.</summary>
    public int? K { get; init; }

    /// <summary>Knowledge: how it is searched.</summary>
    public SearchMode? Mode { get; init; }

    /// <summary>HTTP: the OpenAPI document.</summary>
    public JsonElement? Document { get; init; }

    /// <summary>HTTP: the operations that are tools, by id; empty: all.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>HTTP: the connection whose address and key are used; null: the document's own address, without a key.</summary>
    public string? Connection { get; init; }

    /// <summary>Flow: slug, or slug@number.</summary>
    public string? Flow { get; init; }

    /// <summary>MCP: the server.</summary>
    public string? Server { get; init; }

    /// <summary>MCP: its tools that may be used; empty: all.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>MCP: those of its tools that change nothing.</summary>
    public IReadOnlyList<string> ReadOnly { get; init; } = [];
}
