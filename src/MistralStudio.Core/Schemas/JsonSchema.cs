using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>
/// A JSON Schema (2020-12) that values are validated against; formats are asserted. Immutable and safe for any number of threads. Nothing
/// is fetched: references lead into the document or to the metaschema.
/// </summary>
public sealed class JsonSchema
{
    private readonly SchemaNode _root;

    private JsonSchema(SchemaNode root) => _root = root;

    /// <summary>Reads a schema: <c>schema.invalid</c> names the keyword that is wrong.</summary>
    public static Result<JsonSchema> Read(JsonElement schema)
    {
        try
        {
            return new JsonSchema(SchemaReader.Read(schema));
        }
        catch (SchemaException refused)
        {
            return refused.Error;
        }
    }

    /// <summary>What is wrong with a schema, and where; null where nothing is.</summary>
    public static SchemaFault? FindFault(JsonElement schema)
    {
        try
        {
            SchemaReader.Read(schema);
            return null;
        }
        catch (SchemaException refused)
        {
            return refused.Fault;
        }
    }

    /// <summary>Everything in which a value does not follow the schema, at most 100; none where it does.</summary>
    public IReadOnlyList<SchemaViolation> Validate(JsonElement value) => SchemaValidation.Run(_root, value);
}
