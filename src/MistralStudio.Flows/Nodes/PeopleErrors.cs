using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes;

/// <summary>Expected failures of nodes that wait for people.</summary>
public static class PeopleErrors
{
    public static Error Expired(string title) => new(
        "people.expired", $"Nobody decided \"{title}\" in time.", "Fork the run from this node to ask again.");

    public static Error BadTime(string text) => new(
        "people.bad_time", $"\"{(text.Length <= 60 ? text : text[..57] + "...")}\" is no time.", "Write it as 2026-03-01T09:00:00Z, or wait for a time span like 01:30:00.");
}

/// <summary>Ids of this room's decisions.</summary>
internal static class PeopleDecisions
{
    public const string Approve = "approve";
    public const string Refuse = "refuse";
    public const string Submit = "submit";

    /// <summary>When a question expires that is asked now.</summary>
    public static DateTimeOffset? ExpiresAt(NodeExecution execution, TimeSpan? after) => execution.Time.GetUtcNow() + after;
}
