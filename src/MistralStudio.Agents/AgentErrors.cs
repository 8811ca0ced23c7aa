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

    public static Error NothingToLookUp() => new(
        "agent.nothing_to_look_up", "The question is images alone: there are no words to look up in the documents.", "Write a few words beside the images, or take the knowledge out.");

    public static Error AnswerCut() => new(
        "agent.answer_cut",
        "The answer was cut off before its JSON had ended.",
        "Raise the most tokens of an answer, or ask for less.");

    public static Error AnswerNoJson() => new(
        "agent.answer_no_json",
        "The model did not answer with JSON.",
        "Choose a model that keeps to a format, or say in the instructions what it should give.");
}
