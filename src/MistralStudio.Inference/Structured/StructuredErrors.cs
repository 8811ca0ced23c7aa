using MistralStudio.Core;

namespace MistralStudio.Inference.Structured;

/// <summary>Expected failures of structured output: of the schema, expression or list that an answer is to follow.</summary>
public static class StructuredErrors
{
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
}
