using MistralStudio.Core;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>Expected failures of Agent nodes.</summary>
public static class AgentNodeErrors
{
    public static Error NoFlow(string reference) => new(
        "agent.no_flow", $"There is no published flow \"{reference}\" here.", "Publish it, or name another.");

    public static Error NoServerTool(string server, string tool) => new(
        "agent.no_server_tool", $"The server \"{server}\" has no tool \"{tool}\".", "Choose among the tools that it has; their names may have changed.");

    public static Error TooManyTools(int count, int most) => new(
        "agent.too_many_tools", $"The agent has {count:N0} tools; models choose well among up to {most}.", "Name the operations and tools that it needs.");

    public static Error ApprovalExpired(string tool) => new(
        "agent.approval_expired", $"Nobody approved the call of \"{tool}\" in time.", "Fork the run from this node to ask again.");

    public static Error BadDocument(string reason) => new(
        "agent.bad_document", $"The OpenAPI document cannot be used: {reason}.", "Give a document of version 3 as JSON, with paths and operations.");
}
