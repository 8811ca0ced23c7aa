using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Nodes;

/// <summary>A field of a configuration that is a JSON Schema.</summary>
internal static class SchemaField
{
    /// <summary>What is wrong with the field <c>schema</c>, where there is one.</summary>
    public static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        if (config.TryGetProperty("schema", out var schema) && JsonSchema.Read(schema) is { Error: { } wrong })
        {
            yield return new ConfigProblem("/schema", wrong);
        }
    }
}
