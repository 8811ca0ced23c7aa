using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval.Search;

namespace MistralStudio.Retrieval.Nodes.Rerank;

/// <summary>Configuration of a Rerank node.</summary>
internal sealed record RerankConfig
{
    public RerankMethod Method { get; init; } = RerankMethod.CrossEncoder;

    public string? Model { get; init; }

    /// <summary>Passages that go on; null: all.</summary>
    public int? K { get; init; }

    public double? MinScore { get; init; }
}

/// <summary>Puts passages in order.</summary>
internal static class RerankNode
{
    /// <summary>Most passages that are read; those after them stay behind, as they were.</summary>
    public const int MostRead = 100;

    public static NodeType Type { get; } = new()
    {
        Id = "rerank",
        Category = NodeCategory.Models,
        ConfigType = typeof(RerankConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "method": { "title": "Read by", "description": "A cross-encoder on this machine, or a chat model that puts up to 20 passages in order.", "enum": ["crossEncoder", "model"], "default": "crossEncoder" },
                "model": { "type": "string", "title": "Model", "description": "Empty: the workspace's default for it.", "minLength": 1, "maxLength": 300 },
                "k": { "type": "integer", "title": "Passages that go on", "description": "Empty: all.", "minimum": 1, "maximum": 100 },
                "minScore": { "type": "number", "title": "Least score", "description": "0 to 1; passages below it stay back.", "minimum": 0, "maximum": 1 }
              },
              "additionalProperties": false
            }
            """,
        Ports = _ => new NodePorts([new Port("query", PortType.Text), new Port("passages", PortType.Passages)], [new Port("passages", PortType.Passages)]),
        Effects = _ => NodeEffects.Reads,
        Policy = new NodePolicy { Timeout = TimeSpan.FromMinutes(5), Retry = new RetryPolicy(3) },
        Help = "Reads passages together with the question once more and puts the best first: slower than a search, and a better order. Each passage's \"score\" becomes what the reader gave it. Useful behind several searches whose passages a Join brought together.",
        Example = """{"method":"crossEncoder","k":5}""",
    };
}

/// <summary>Runs Rerank nodes.</summary>
internal sealed class RerankExecutor(IModelHost host, IModelRouter router, IDefaultModels defaults, IKnowledgeStates knowledge) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => RerankNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (RerankConfig)execution.Config;
        if (execution.Rights!.Refuses(Permissions.ModelsUse) is { } refused)
        {
            return new NodeOutcome.Failed(refused);
        }

        var question = execution.Inputs["query"].Text;
        if (string.IsNullOrWhiteSpace(question))
        {
            return new NodeOutcome.Failed(KnowledgeErrors.QueryEmpty());
        }

        List<JsonElement> passages = [.. execution.Inputs["passages"].Json.EnumerateArray()];
        var read = passages.Take(config.Method == RerankMethod.Model ? PassageReranking.MostListed : RerankNode.MostRead).ToList();
        if (read.Count == 0)
        {
            return NodeOutcome.Of("passages", FlowValue.From(passages));
        }

        List<string> texts = [.. read.Select(passage => passage.GetProperty("text").GetString()!)];
        try
        {
            var scored = config.Method == RerankMethod.Model
                ? await AskAsync(execution, config, question, texts, cancellationToken)
                : await ReadAsync(execution, config, question, texts, cancellationToken);
            return scored.IsSuccess
                ? new NodeOutcome.Succeeded(new Dictionary<string, FlowValue> { ["passages"] = Order(passages, scored.Value.Scores, config) }) { Usage = scored.Value.Usage }
                : ModelFailure.Of(scored.Error);
        }
        catch (ModelException failure)
        {
            return ModelFailure.Of(failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<string?> GenerationAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (RerankConfig)execution.Config;
        var id = config.Method == RerankMethod.CrossEncoder ? await FindAsync(execution, config, cancellationToken) : null;
        return id is not null && host.Find(id) is { Sha256: { Length: > 0 } content } ? $"{id} {content}" : null;
    }

    private async ValueTask<string?> FindAsync(NodeExecution execution, RerankConfig config, CancellationToken cancellationToken) =>
        config.Model is { } named and not "default"
            ? named
            : (await defaults.FindAsync(host, execution.Start.Workspace, ModelTask.Reranking, cancellationToken))?.Id;

    private async Task<Result<(IReadOnlyList<float> Scores, RunUsage Usage)>> ReadAsync(
        NodeExecution execution, RerankConfig config, string question, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var reranker = await FindAsync(execution, config, cancellationToken) is { } id ? host.Reranker(id) : ModelErrors.NoReranker();
        if (!reranker.IsSuccess)
        {
            return reranker.Error;
        }

        var scores = await reranker.Value.RerankAsync(question, texts, cancellationToken);
        return (scores.Scores, new RunUsage(scores.Tokens, 0));
    }

    private async Task<Result<(IReadOnlyList<float> Scores, RunUsage Usage)>> AskAsync(
        NodeExecution execution, RerankConfig config, string question, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var model = await router.ResolveAsync(knowledge, execution, config.Model ?? "default", [], cancellationToken);
        if (!model.IsSuccess)
        {
            return model.Error;
        }

        var answer = await model.Value.Chat.GetResponseAsync(
            [new(ChatRole.System, PassageReranking.Instructions), new(ChatRole.User, PassageReranking.Request(question, texts))],
            new() { Temperature = 0, MaxOutputTokens = PassageReranking.TokensOf(texts.Count), Depth = execution.Start.Depth + 1 },
            cancellationToken);
        var (input, output) = (answer.Usage?.InputTokenCount ?? 0, answer.Usage?.OutputTokenCount ?? 0);
        return PassageReranking.ReadOrder(answer.Text, texts.Count) is { } scores
            ? (scores, new RunUsage(input, output, model.Value.Price?.Of(input, output)))
            : RerankErrors.NoOrder(model.Value.Id);
    }

    // What was read, best first, then what was not. A least score is met by what was read alone.
    private static FlowValue Order(IReadOnlyList<JsonElement> passages, IReadOnlyList<float> scores, RerankConfig config)
    {
        var ranked = scores.Select((score, place) => (Score: score, Passage: passages[place]))
            .Where(one => one.Score >= (config.MinScore ?? 0))
            .OrderByDescending(one => one.Score)
            .Select(one =>
            {
                var passage = JsonObject.Create(one.Passage)!;
                passage["score"] = one.Score;
                return (JsonNode)passage;
            });
        var unread = config.MinScore is null ? passages.Skip(scores.Count).Select(passage => (JsonNode)JsonObject.Create(passage)!) : [];
        return FlowValue.From(ranked.Concat(unread).Take(config.K ?? int.MaxValue));
    }
}

/// <summary>Expected failures of Rerank nodes.</summary>
public static class RerankErrors
{
    public static Error NoOrder(string model) => new(
        "rerank.no_order", $"The model \"{model}\" did not put the passages in order.", "Choose a larger model, or read by a cross-encoder.");
}
