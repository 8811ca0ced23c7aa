namespace MistralStudio.Core.Schemas;

/// <summary>Expected failures of reading a schema or a regular expression.</summary>
public static class SchemaErrors
{
    /// <summary>A keyword has a value that JSON Schema does not allow, or a reference leads nowhere.</summary>
    public static Error InvalidSchema(string location, string reason) => new(
        "schema.invalid",
        $"The schema is not valid at {Place(location)}: {reason}.",
        "Correct the schema; it follows JSON Schema 2020-12.");

    /// <summary>Too many states, alternatives or too deep.</summary>
    public static Error TooLarge(string what) => new(
        "schema.too_large",
        $"This schema is too large: {what}.",
        "Simplify it: fewer alternatives, shorter counts, less nesting.");

    /// <summary>A regular expression that cannot be read or uses what finite automata do not have.</summary>
    public static Error InvalidPattern(string pattern, int position, string reason) => new(
        "schema.invalid_pattern",
        $"The regular expression {Shorten(pattern)} cannot be used, at character {position + 1}: {reason}.",
        "Use literals, classes, groups, alternatives, counts, ^ and $; look-around and back references have no automaton.");

    /// <summary>An example that is no text.</summary>
    public static Error NoText() => new(
        "schema.no_text", "A text of this JSON holds half of a character, so no schema can be made of it.", "Correct the text, or take it out.");

    private static string Place(string location) => location.Length == 0 ? "its root" : $"\"{location}\"";

    private static string Shorten(string pattern) => pattern.Length <= 60 ? $"\"{pattern}\"" : $"\"{pattern[..57]}...\"";
}

/// <summary>Carries an expected failure out of the depth of a compiler to its edge, where it becomes a value.</summary>
/// <param name="location">JSON pointer to the keyword that is wrong; null where the thrower does not know it.</param>
internal sealed class SchemaException(Error error, string? location = null) : Exception(error.ToString())
{
    public Error Error { get; } = error;

    public string? Location { get; } = location;

    /// <summary>The same failure at a place, unless it has one.</summary>
    public SchemaException At(string place) => Location is null ? new SchemaException(Error, place) : this;

    /// <summary>The failure as a value.</summary>
    public SchemaFault Fault => new(Error, Location ?? "");
}
