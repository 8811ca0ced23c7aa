using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Web.Features.Playground.Schema;

/// <summary>What a text is as a schema.</summary>
/// <param name="Schema">The schema; null where the text is none.</param>
/// <param name="Fault">Why it is none; null where it is one.</param>
/// <param name="Place">Where it is wrong; null where nothing is, and where it is wrong as a whole.</param>
/// <param name="NotHeld">Why models of this machine cannot be held to it while they write; null where they can.</param>
public sealed record SchemaReport(JsonElement? Schema, Error? Fault, TextPlace? Place, Error? NotHeld)
{
    /// <summary>Characters that a schema may have.</summary>
    public const int MostCharacters = 100_000;

    /// <summary>Looks at a text. Takes milliseconds; not on the thread of a circuit.</summary>
    public static SchemaReport Of(string text, IHeldSchemas held)
    {
        if (text.Length > MostCharacters)
        {
            return new(null, SchemaTextErrors.TooLong(MostCharacters), null, null);
        }

        if (JsonPlaces.FindFault(text) is { } broken)
        {
            return new(null, SchemaTextErrors.NoJson(broken.Place, broken.Reason), broken.Place, null);
        }

        var schema = JsonElement.Parse(text);
        if (JsonSchema.FindFault(schema) is { } fault)
        {
            return new(null, fault.Error, JsonPlaces.Find(text, fault.Pointer), null);
        }

        return held.FindFault(schema) is { } limit ? new(schema, null, JsonPlaces.Find(text, limit.Pointer), limit.Error) : new(schema, null, null, null);
    }
}

/// <summary>Expected failures of texts that are to be schemas.</summary>
public static class SchemaTextErrors
{
    public static Error TooLong(int most) => new("schema.too_long", $"A schema may have {most:N0} characters.", "Describe less, or refer to definitions instead of repeating them.");

    public static Error NoJson(TextPlace place, string reason) => new(
        "schema.no_json", $"Line {place.Line}, column {place.Column} is no JSON: {reason}", "Correct the text; every brace, quote and comma counts.");

    public static Error AnswerNoJson() => new("schema.answer_no_json", "This answer is no JSON, so no schema can be made of it.", "Ask for an answer in JSON first.");
}
