using MistralStudio.Core;

namespace MistralStudio.Flows.Words;

/// <summary>Expected failures of making flows of words, and words of flows.</summary>
public static class WordsErrors
{
    public static Error NotAllowed() => new("words.not_allowed", "You may not do this here.", "Ask an admin of the workspace for the right to write flows and to use models.");

    public static Error Nothing() => new("words.nothing", "There is nothing to go by.", "Say in a sentence or two what the flow should do.");

    public static Error TooLong(int characters) => new(
        "words.too_long", $"This text is {characters:N0} characters long; the limit is {FlowWords.MostCharacters:N0}.", "Say it more briefly.");

    public static Error FlowTooLong(int characters) => new(
        "words.flow_too_long",
        $"This flow is {characters:N0} characters long; a model can be shown {FlowWords.MostOfFlow:N0}.",
        "Move parts of it into flows of their own.");

    public static Error NoDraft(int attempts) => new(
        "words.no_draft",
        attempts == 1 ? "The model did not write a flow." : $"The model did not write a flow, in {attempts} tries.",
        "Choose a larger model, or say it in other words.");

    public static Error NoSteps() => new("words.no_steps", "The model wrote a flow without a step.", "Choose a larger model, or say it in other words.");

    public static Error Cut() => new("words.cut", "The model's answer ended in the middle.", "Describe a smaller flow, or choose a model that can write more.");

    public static Error NoWords() => new("words.no_words", "The model said nothing.", "Try again, or choose another model.");
}
