using System.Collections.Frozen;
using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>Which keywords output is held to. What is neither in here nor an annotation is refused by its name, never passed over.</summary>
internal static class SupportedKeywords
{
    private static readonly FrozenSet<string> s_supported = new[]
    {
        "type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength",
        "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "anyOf", "oneOf", "allOf",
        "$ref", "$defs", "definitions", "$id", "$schema", "$anchor", "$comment", "title", "description", "default", "examples", "deprecated",
        "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema", "discriminator",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> s_reasons = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["not"] = "a grammar says what may be written, not what may not",
        ["if"] = "what follows would hang on what was written before",
        ["then"] = "what follows would hang on what was written before",
        ["else"] = "what follows would hang on what was written before",
        ["uniqueItems"] = "every item would have to be compared with those before",
        ["contains"] = "it would have to look ahead at items that are not written yet",
        ["dependentRequired"] = "what follows would hang on what was written before",
        ["dependentSchemas"] = "what follows would hang on what was written before",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="SchemaException">A keyword is not supported.</exception>
    public static void Check(SchemaNode schema)
    {
        if (schema.Element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var keyword in schema.Element.EnumerateObject())
        {
            var name = keyword.Name;
            if (s_supported.Contains(name) || name.StartsWith("x-", StringComparison.Ordinal) || SaysNothing(name, keyword.Value))
            {
                continue;
            }

            throw new SchemaException(StructuredErrors.UnsupportedKeyword(
                name, $"{schema.Location}/{JsonPointer.Escape(name)}", s_reasons.GetValueOrDefault(name, "it is not one of those that are")), $"{schema.Location}/{JsonPointer.Escape(name)}");
        }

        if (schema.Format is { } format && StringFormat.Named(format) is null && CanBeString(schema))
        {
            throw new SchemaException(StructuredErrors.UnsupportedKeyword(
                "format", $"{schema.Location}/format", $"the format \"{format}\" is not known, known are {string.Join(", ", StringFormat.Names)}"), $"{schema.Location}/format");
        }
    }

    // Keywords in a form that allows everything.
    private static bool SaysNothing(string name, JsonElement value) => name switch
    {
        "uniqueItems" => value.ValueKind == JsonValueKind.False,
        "unevaluatedProperties" or "unevaluatedItems" or "propertyNames" => value.ValueKind == JsonValueKind.True,
        "patternProperties" or "dependentRequired" or "dependentSchemas" => value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(),
        "minProperties" => value.ValueKind == JsonValueKind.Number && JsonNumber.Of(value).Sign == 0,
        _ => false,
    };

    private static bool CanBeString(SchemaNode schema) => ((schema.Types ?? JsonTypes.All) & JsonTypes.String) != 0;
}
