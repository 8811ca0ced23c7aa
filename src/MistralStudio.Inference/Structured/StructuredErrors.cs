using MistralStudio.Core;

namespace MistralStudio.Inference.Structured;

/// <summary>Expected failures of structured output: of the schema, expression or list that an answer is to follow.</summary>
public static class StructuredErrors
{
    /// <summary>A keyword has a value that JSON Schema does not allow, or a reference leads nowhere.</summary>
    public static Error InvalidSchema(string location, string reason) => new(
        "schema.invalid",
        $"The schema is not valid at {Place(location)}: {reason}.",
        "Correct the schema; it follows JSON Schema 2020-12.");

    /// <summary>A keyword that output cannot be held to.</summary>
    public static Error UnsupportedKeyword(string keyword, string location, string reason) => new(
        "schema.unsupported_keyword",
        $"The keyword \"{keyword}\" at {Place(location)} is not supported for structured output: {reason}.",
        $"Remove \"{keyword}\", or ask for it in the prompt and validate the answer.");

    /// <summary>No value can follow the schema.</summary>
    public static Error Unsatisfiable() => new(
        "schema.unsatisfiable",
        "No value can follow this schema: its keywords contradict each other.",
        "Relax the keywords that exclude each other.");

    /// <summary>Too many states, alternatives or too deep.</summary>
    public static Error TooLarge(string what) => new(
        "schema.too_large",
        $"This is too large for structured output: {what}.",
        "Simplify it: fewer alternatives, shorter counts, less nesting.");

    /// <summary>A regular expression that cannot be read or uses what finite automata do not have.</summary>
    public static Error InvalidPattern(string pattern, int position, string reason) => new(
        "schema.invalid_pattern",
        $"The regular expression {Shorten(pattern)} cannot be used, at character {position + 1}: {reason}.",
        "Use literals, classes, groups, alternatives, counts, ^ and $; look-around and back references have no automaton.");

    /// <summary>A list of choices without a choice.</summary>
    public static Error NoChoices() => new(
        "schema.no_choices",
        "The list of choices is empty.",
        "Give at least one choice.");

    /// <summary>The model has no tokens for what the grammar demands.</summary>
    public static Error NotWritable() => new(
        "schema.not_writable",
        "This model's vocabulary has no tokens for the text that the grammar demands.",
        "Choose another model, or allow other characters.");

    private static string Place(string location) => location.Length == 0 ? "its root" : $"\"{location}\"";

    private static string Shorten(string pattern) => pattern.Length <= 60 ? $"\"{pattern}\"" : $"\"{pattern[..57]}...\"";
}

/// <summary>Carries an expected failure out of the depth of a compiler to its edge, where it becomes a value.</summary>
internal sealed class GrammarException(Error error) : Exception(error.ToString())
{
    public Error Error { get; } = error;
}
