using System.Text.Json;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Retrieval.Nodes.KnowledgeSearch;

/// <summary>Configuration of a Knowledge search, evaluated.</summary>
internal sealed record KnowledgeSearchConfig(IReadOnlyList<string> Bases)
{
    /// <summary>Passages; null: as the first of the bases is set up.</summary>
    public int? K { get; init; }

    public SearchMode? Mode { get; init; }

    public JsonElement? Filter { get; init; }
}

/// <summary>Finds passages.</summary>
internal static class KnowledgeSearchNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "knowledge-search",
        Category = NodeCategory.Knowledge,
        ConfigType = typeof(KnowledgeSearchConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "bases": { "type": "array", "title": "Knowledge bases", "description": "Their names or ids. How they are searched is as the first of them is set up.", "items": { "type": "string", "minLength": 1, "maxLength": 300 }, "minItems": 1, "maxItems": 20 },
                "k": { "type": "integer", "title": "Passages", "description": "Empty: as the knowledge base is set up.", "minimum": 1, "maximum": 100 },
                "mode": { "title": "Search by", "description": "Meaning and words together, meaning alone, or words alone.", "enum": ["hybrid", "dense", "lexical"] },
                "filter": {
                  "type": "object", "title": "Filter", "description": "Only passages of documents that fit; what arrives at the port \"filter\" must fit too.",
                  "properties": {
                    "documents": { "type": "array", "title": "Documents", "items": { "type": "string", "format": "uuid" }, "maxItems": 200 },
                    "conditions": {
                      "type": "array", "title": "Conditions", "maxItems": 20,
                      "items": {
                        "type": "object",
                        "properties": {
                          "field": { "type": "string", "title": "Field", "description": "Of the documents' metadata, or name, type, language, added, page.", "minLength": 1, "maxLength": 100 },
                          "op": { "title": "Comparison", "enum": ["is", "isNot", "atLeast", "atMost", "exists"], "default": "is" },
                          "values": { "type": "array", "title": "Values", "items": { "type": ["string", "number", "boolean"] }, "maxItems": 100 }
                        },
                        "required": ["field"],
                        "additionalProperties": false
                      }
                    }
                  },
                  "additionalProperties": false
                }
              },
              "required": ["bases"],
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/filter/conditions/*/values/*", FieldSyntax.Template)],
        Ports = _ => new NodePorts(
            [new Port("query", PortType.Text), new Port("filter", PortType.Json, Required: false)], [new Port("passages", PortType.Passages)])
        {
            // For what the filter's templates name.
            Named = true,
        },
        Check = Problems,
        Effects = _ => NodeEffects.Reads,
        Policy = new NodePolicy { Timeout = TimeSpan.FromMinutes(2), Retry = new RetryPolicy(3) },
        Help = "Finds the passages of knowledge bases that answer a question best. They go on with their document, page and place, numbered in a prompt as a model reads them best. A filter narrows the search to documents that fit; its values may name what is connected.",
        Example = """{"bases":["Contracts"],"k":6,"mode":"hybrid"}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        if (config.TryGetProperty("filter", out var filter) && FilterValue.Read(filter) is { Error: { } wrong })
        {
            yield return new ConfigProblem("/filter", wrong);
        }
    }
}

/// <summary>Runs Knowledge search nodes.</summary>
internal sealed class KnowledgeSearchExecutor(
    IKnowledgeSearch search, IKnowledgeStore knowledge, IKnowledgeStates states, IModelHost models, IOptions<KnowledgeOptions> options) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => KnowledgeSearchNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (KnowledgeSearchConfig)execution.Config;
        if (execution.Rights!.Refuses(Permissions.KnowledgeSearch) is { } refused)
        {
            return new NodeOutcome.Failed(refused);
        }

        var bases = await knowledge.FindBasesAsync(execution.Start.Workspace, config.Bases, cancellationToken);
        if (!bases.IsSuccess)
        {
            return new NodeOutcome.Failed(bases.Error);
        }

        var filter = FilterValue.Both(config.Filter, execution.Inputs.GetValueOrDefault("filter")?.Json);
        if (!filter.IsSuccess)
        {
            return new NodeOutcome.Failed(filter.Error);
        }

        if (filter.Value is not { } narrowed)
        {
            return NodeOutcome.Of("passages", PassageValues.Of([]));
        }

        var query = new KnowledgeQuery(
            execution.Start.Workspace, [.. bases.Value.Select(one => one.Id)], execution.Inputs["query"].Text, config.K, config.Mode)
        {
            Filter = narrowed,
            Parents = true,
        };
        var found = await search.SearchAsync(query, cancellationToken);
        return found.IsSuccess ? NodeOutcome.Of("passages", PassageValues.Of(found.Value.Hits)) : ModelFailure.Of(found.Error);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> GenerationAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var bases = await knowledge.FindBasesAsync(execution.Start.Workspace, ((KnowledgeSearchConfig)execution.Config).Bases, cancellationToken);
        if (!bases.IsSuccess || bases.Value[0].Settings.Search.Rerank != RerankMethod.None)
        {
            // What a reranker would say is known to no index.
            return null;
        }

        var name = await states.NameAsync(execution.Start.Workspace, [.. bases.Value.Select(one => one.Id)], cancellationToken);
        var vectors = bases.Value.Select(one => models.Find(one.EmbeddingModel)?.Sha256);
        return $"{name} {string.Join(' ', vectors)} {options.Value.Fusion} {options.Value.DenseWeight:R}";
    }
}
