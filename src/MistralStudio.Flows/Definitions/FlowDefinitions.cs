using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Definitions;

/// <summary>Reads and writes definitions.</summary>
public static class FlowDefinitions
{
    /// <summary>Characters that a definition may have.</summary>
    public const int MostCharacters = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions s_read = new(FlowJson.Relaxed) { RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };

    /// <summary>Reads a definition; fails where the text is no JSON, or not of this format.</summary>
    public static Result<FlowDefinition> Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MostCharacters)
        {
            return DefinitionErrors.TooLong(json.Length);
        }

        try
        {
            var definition = JsonSerializer.Deserialize<FlowDefinition>(json, s_read);
            return definition switch
            {
                null => DefinitionErrors.Unreadable("", "it is null"),
                { Schema: not FlowDefinition.CurrentSchema } => DefinitionErrors.OtherSchema(definition.Schema),
                _ when HasNulls(definition) => DefinitionErrors.Unreadable("$", "a node, an edge, an input or a note in it is null"),
                _ => definition,
            };
        }
        catch (JsonException wrong)
        {
            return DefinitionErrors.Unreadable(wrong.Path ?? "", Reason(wrong));
        }
    }

    /// <summary>The canonical JSON of a definition; equal definitions have equal texts.</summary>
    public static string Write(FlowDefinition definition) =>
        System.Text.Encoding.UTF8.GetString(CanonicalJson.Write(JsonSerializer.SerializeToElement(definition, FlowJson.Relaxed)));

    /// <summary>What names a version: SHA-256 of its canonical JSON.</summary>
    public static string Hash(FlowDefinition definition) => CanonicalJson.Hash(JsonSerializer.SerializeToElement(definition, FlowJson.Relaxed));

    private static bool HasNulls(FlowDefinition definition) =>
        definition.Inputs.Contains(null!) || definition.Notes.Contains(null!) || HasNulls(definition.Nodes, definition.Edges);

    private static bool HasNulls(IReadOnlyList<FlowNode> nodes, IReadOnlyList<FlowEdge> edges) =>
        edges.Contains(null!) || nodes.Any(node => node is null || (node.Body is { } body && HasNulls(body.Nodes, body.Edges)));

    // What the reader says, without the place, which is named apart.
    private static string Reason(JsonException wrong)
    {
        var text = wrong.Message;
        var at = text.IndexOf(" Path: ", StringComparison.Ordinal);
        return (at < 0 ? text : text[..at]).TrimEnd('.');
    }
}

/// <summary>Expected failures of reading a definition.</summary>
public static class DefinitionErrors
{
    public static Error TooLong(int characters) => new(
        "flow.too_long",
        $"This flow is {characters:N0} characters long; the limit is {FlowDefinitions.MostCharacters:N0}.",
        "Move parts of it into flows of their own, and long texts into knowledge bases.");

    public static Error Unreadable(string path, string reason) => new(
        "flow.unreadable",
        $"This is no flow that can be read{(path.Length == 0 || path == "$" ? "" : $", at {path}")}: {reason}.",
        "Correct the JSON there, or export the flow again.");

    public static Error OtherSchema(string schema) => new(
        "flow.other_schema",
        $"This flow is written as \"{schema}\"; this studio reads \"{FlowDefinition.CurrentSchema}\".",
        "Import it with a studio of the version that wrote it, or bring this studio up to date.");
}
