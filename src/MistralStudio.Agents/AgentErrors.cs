using MistralStudio.Core;

namespace MistralStudio.Agents;

/// <summary>Expected failures of a turn.</summary>
public static class AgentErrors
{
    public static Error CannotHoldEverything(int context) => new(
        "agent.cannot_hold_everything",
        $"The model holds {context:N0} tokens: these documents are longer than that.",
        "Switch \"Read everything\" off, or choose a model with a longer context.");

    public static Error NothingToAnswerFrom() => new(
        "agent.nothing_to_answer_from",
        "Nothing in these documents answers this: no passage was found.",
        "Add documents to the knowledge base, wait until they are indexed, or ask in other words.");
}
