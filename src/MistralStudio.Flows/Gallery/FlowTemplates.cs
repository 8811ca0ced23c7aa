using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Gallery;

/// <summary>What a flow needs of its workspace to do well.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TemplateNeed>))]
public enum TemplateNeed
{
    /// <summary>A chat model that writes well.</summary>
    ChatModel,

    /// <summary>A chat model that can be held to JSON, or follows a schema by itself.</summary>
    JsonAnswers,

    /// <summary>A chat model with room for long texts.</summary>
    LongContext,

    /// <summary>A chat model on this machine.</summary>
    LocalModel,

    /// <summary>A knowledge base with documents.</summary>
    KnowledgeBase,

    /// <summary>The operator's mail server.</summary>
    MailServer,
}

/// <summary>A flow to begin with.</summary>
/// <param name="Id">Stable; words of it in other languages are kept under it.</param>
/// <param name="Title">In English.</param>
/// <param name="Explanation">Two lines: what it does, and what it is a pattern for.</param>
/// <param name="Needs">What it needs to do well.</param>
/// <param name="Sample">Inputs to try it with, by name; a file is <c>{ name, mediaType, text }</c>.</param>
/// <param name="Flow">The definition.</param>
public sealed record FlowTemplate(
    string Id, string Title, IReadOnlyList<string> Explanation, IReadOnlyList<TemplateNeed> Needs, IReadOnlyDictionary<string, JsonElement> Sample, FlowDefinition Flow)
{
    /// <summary>Name of the knowledge base that the definitions read.</summary>
    public const string Base = "Documents";

    /// <summary>The definition over another knowledge base.</summary>
    public FlowDefinition Over(string knowledgeBase)
    {
        var flow = JsonNode.Parse(FlowDefinitions.Write(Flow));
        Name(flow, knowledgeBase);
        return FlowDefinitions.Read(flow!.ToJsonString()).Value;
    }

    private static void Name(JsonNode? json, string knowledgeBase)
    {
        if (json is JsonObject members && members["bases"] is JsonArray bases)
        {
            members["bases"] = new JsonArray([.. bases.Select(one => JsonValue.Create((string?)one == Base ? knowledgeBase : (string?)one))]);
        }

        foreach (var child in json switch { JsonObject parts => parts.Select(part => part.Value).ToList(), JsonArray items => [.. items], _ => [] })
        {
            Name(child, knowledgeBase);
        }
    }
}

/// <summary>The flows to begin with, in the order of the gallery. Each is a file beside this one.</summary>
public static class FlowTemplates
{
    private static readonly string[] s_order =
        ["support-triage", "document-answers", "invoice-approval", "parallel-research", "lesson-plan", "clinic-intake", "weekly-report"];

    private static readonly Lazy<IReadOnlyList<FlowTemplate>> s_all = new(() => [.. s_order.Select(Read)]);

    /// <summary>All.</summary>
    public static IReadOnlyList<FlowTemplate> All => s_all.Value;

    private static FlowTemplate Read(string id)
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(FlowTemplates).Namespace}.{id}.json")
            ?? throw new InvalidOperationException($"The template {id} is not in this assembly.");
        var template = JsonSerializer.Deserialize<FlowTemplate>(file, FlowJson.Relaxed)!;
        return template.Id == id ? template : throw new InvalidOperationException($"The template {id} calls itself {template.Id}.");
    }
}
