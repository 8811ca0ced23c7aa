using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>A new flow; without a definition it begins empty.</summary>
internal sealed record WireNewFlow(string? Name, JsonElement? Definition);

/// <summary>A name.</summary>
internal sealed record WireFlowName(string? Name);

/// <summary>A flow that was created.</summary>
internal sealed record WireCreatedFlow(FlowId Id, string Slug, IReadOnlyList<FlowProblem> Problems);

/// <summary>A flow in lists.</summary>
internal sealed record WireFlowItem(FlowId Id, string Slug, string Name, int? PublishedVersion, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static WireFlowItem From(Flow flow) => new(flow.Id, flow.Slug, flow.Name, flow.PublishedVersion, flow.CreatedAt, flow.UpdatedAt);
}

/// <summary>A flow with its draft.</summary>
internal sealed record WireFlow(FlowId Id, string Slug, string Name, int? PublishedVersion, JsonElement Draft, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static WireFlow From(Flow flow) => new(flow.Id, flow.Slug, flow.Name, flow.PublishedVersion, WireJson.Parse(flow.Draft), flow.CreatedAt, flow.UpdatedAt);
}

/// <summary>Why a definition does not compile; none where it does.</summary>
internal sealed record WireProblems(IReadOnlyList<FlowProblem> Problems);

/// <summary>What compiling came to: problems, or what the flow takes and gives.</summary>
internal sealed record WireCompiled(IReadOnlyList<FlowProblem> Problems, IReadOnlyList<FlowInput> Inputs, IReadOnlyList<WirePort> Outputs)
{
    public static WireCompiled From(CompiledFlow compiled) => new(
        compiled.Problems, compiled.Plan?.Inputs ?? [], [.. (compiled.Plan?.Outputs ?? []).Select(port => new WirePort(port.Name, port.Type.ToString()))]);
}

/// <summary>A port.</summary>
internal sealed record WirePort(string Name, string Type);

/// <summary>What a publisher says of a version.</summary>
internal sealed record WirePublication(string? Message);

/// <summary>A version that was published.</summary>
internal sealed record WireVersion(int Number, string Hash, string Message, UserId? PublishedBy, DateTimeOffset PublishedAt)
{
    public static WireVersion From(PublishedFlow version) => new(version.Number, version.Hash, version.Message, version.PublishedBy, version.PublishedAt);
}

/// <summary>A version with its definition.</summary>
internal sealed record WireVersionDefinition(int Number, string Hash, JsonElement Definition);

/// <summary>What differs between two definitions.</summary>
internal sealed record WireDiff(IReadOnlyList<WireChange> Changes);

/// <summary>One difference.</summary>
/// <param name="Layout">True where only places on the canvas differ.</param>
internal sealed record WireChange(string Kind, string Part, string Path, bool Layout, IReadOnlyList<FieldChange> Fields)
{
    public static WireChange From(FlowChange change) => new(WireJson.Camel(change.Kind), WireJson.Camel(change.Part), change.Path, change.IsLayout, change.Fields);
}

/// <summary>A type of node that flows may have here.</summary>
internal sealed record WireNodeType(string Id, int Version, string Category, string Role, JsonElement Schema, JsonElement Example, string Help, IReadOnlyList<string> Templates)
{
    public static WireNodeType From(CatalogEntry entry) => new(
        entry.Type.Id, entry.Type.Version, WireJson.Camel(entry.Type.Category), WireJson.Camel(entry.Type.Role), WireJson.Parse(entry.Type.Schema), WireJson.Parse(entry.Type.Example),
        entry.Type.Help, [.. entry.Type.Fields.Select(field => field.Pointer)]);
}

/// <summary>How this API writes what is JSON already, and names.</summary>
internal static class WireJson
{
    /// <summary>JSON that the studio wrote.</summary>
    public static JsonElement Parse(string json) => JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth });

    /// <summary>The name of an enum's value, in camelCase.</summary>
    public static string Camel<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
