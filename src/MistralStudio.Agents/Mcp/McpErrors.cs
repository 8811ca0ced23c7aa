using MistralStudio.Core;

namespace MistralStudio.Agents.Mcp;

/// <summary>Expected failures of servers of tools. None holds a key.</summary>
public static class McpErrors
{
    /// <summary>Code of <see cref="TimedOut"/>.</summary>
    public const string TimedOutCode = "mcp.timeout";

    public static Error NoServer(string name) => new(
        "mcp.no_server", $"There is no MCP server \"{Cut(name)}\" here.", "An admin can add it under Models, Connections; the operator in Mcp:Servers.");

    public static Error NoTool(string server, string tool, IEnumerable<string> there) => new(
        "mcp.no_tool", $"The MCP server \"{server}\" has no tool \"{Cut(tool)}\".", There(there));

    public static Error Refused(string server, string reason) => new(
        "mcp.refused", $"The MCP server \"{server}\" refused the call: {Cut(reason).TrimEnd('.')}.", "Look at what the tool takes, and correct the arguments.");

    public static Error Unauthorized(string server) => new(
        "mcp.unauthorized", $"The MCP server \"{server}\" refused its key.", "An admin can enter another under Models, Connections.");

    public static Error Unreadable(string server) => new(
        "mcp.unreadable", $"What answers at \"{server}\" does not speak the Model Context Protocol.", "Check that the address is the one of its MCP endpoint, often ending in /mcp.");

    public static Error NotStarted(string server) => new(
        "mcp.not_started", $"The MCP server \"{server}\" could not be started.", "The operator can try its command by hand, and look at Mcp:Servers.");

    public static Error TimedOut(string server, TimeSpan limit) => new(
        TimedOutCode, $"The MCP server \"{server}\" did not answer within {limit.TotalSeconds:0.#} s.", "Try again, or ask the tool for less.");

    public static Error TooLong(string server, long limit) => new(
        "mcp.too_long", $"The tool of \"{server}\" returned more than {Size.Format(limit)}.", "Ask it for less.");

    public static Error BadArguments() => new("mcp.bad_arguments", "The arguments of a tool are an object by their names.", "Give each argument under its name.");

    public static Error ToolFailed(string server, string tool, string reason) => new(
        "mcp.tool_failed",
        $"The tool \"{tool}\" of \"{server}\" failed: {(reason.Length == 0 ? "it does not say why" : Cut(reason).TrimEnd('.'))}.",
        "Look at what it was given, and correct it.");

    private static string There(IEnumerable<string> names)
    {
        var some = names.Take(20).ToList();
        return some.Count == 0 ? "It has none; look at the server." : $"Choose one of: {string.Join(", ", some)}.";
    }

    // One line of what a server says: never more of it than a person reads.
    private static string Cut(string text)
    {
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 300 ? text : $"{text[..297]}...";
    }
}
