using MistralStudio.Core;

namespace MistralStudio.Agents;

/// <summary>Expected failures of a turn.</summary>
public static class AgentErrors
{
    public static Error NothingToAnswerFrom() => new(
        "agent.nothing_to_answer_from",
        "Nothing in these documents answers this: no passage was found.",
        "Add documents to the knowledge base, wait until they are indexed, or ask in other words.");
}
