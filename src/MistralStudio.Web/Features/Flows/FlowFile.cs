using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A file with a flow in it, as it was read.</summary>
/// <param name="Name">What to call the flow.</param>
/// <param name="Source">Whose export it is; null for a definition of this studio.</param>
/// <param name="Report">What became of every part of an export; none for a definition of this studio.</param>
public sealed record FlowFile(string Name, FlowDefinition Draft, ImportSource? Source, IReadOnlyList<ImportRemark> Report)
{
    /// <summary>Bytes that a file may have.</summary>
    public const long MostBytes = 16 * 1024 * 1024;

    /// <summary>Reads a definition of this studio, or an export of another tool.</summary>
    /// <param name="fileName">The flow is called after it where the file does not say how.</param>
    public static Result<FlowFile> Read(string text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        var name = Path.GetFileNameWithoutExtension(fileName);
        if (IsOurs(text))
        {
            var own = FlowDefinitions.Read(text.TrimStart('\uFEFF'));
            return own.IsSuccess ? new FlowFile(name, own.Value, null, []) : own.Error;
        }

        var foreign = FlowImport.Read(text);
        return foreign.IsSuccess
            ? new FlowFile(foreign.Value.Name.Length > 0 ? foreign.Value.Name : name, foreign.Value.Draft, foreign.Value.Source, foreign.Value.Report)
            : foreign.Error;
    }

    // Other tools have nodes and edges, too: what names our format is ours, and is told what is wrong with it as ours.
    private static bool IsOurs(string text)
    {
        try
        {
            return JsonElement.Parse(text.TrimStart('\uFEFF'), new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth }) is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.String
                && schema.GetString()!.StartsWith("mistralstudio.flow/", StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return text.Contains("\"mistralstudio.flow/", StringComparison.Ordinal);
        }
    }
}
