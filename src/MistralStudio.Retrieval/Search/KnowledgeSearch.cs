using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Retrieval.Search;

/// <summary>Runs the legs of a search, fuses them, and reads the passages with the workspace's own rights.</summary>
internal sealed class KnowledgeSearch(
    IKnowledgeStore knowledge, IPassageStore passages, IModelHost models, SearchLegs legs, IOptions<KnowledgeOptions> options) : IKnowledgeSearch
{
    private const int MostHits = 100;

    /// <inheritdoc/>
    public async Task<Result<SearchResult>> SearchAsync(KnowledgeQuery query, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        if (string.IsNullOrWhiteSpace(query.Text))
        {
            return KnowledgeErrors.QueryEmpty();
        }

        var bases = new List<KnowledgeBase>();
        foreach (var id in query.Bases.Distinct())
        {
            if (await knowledge.FindBaseAsync(query.Workspace, id, cancellationToken) is { } found)
            {
                bases.Add(found);
            }
        }

        if (bases.Count == 0)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        var limit = Math.Clamp(query.Limit, 1, MostHits);
        var depth = query.Mode == SearchMode.Hybrid ? Fusion.Depth : limit;
        IReadOnlyList<Scored> dense = [], lexical = [];
        double embedMs = 0, denseMs = 0, lexicalMs = 0;
        if (query.Mode != SearchMode.Lexical)
        {
            foreach (var group in bases.GroupBy(found => found.EmbeddingModel, found => found.Id))
            {
                var step = Stopwatch.GetTimestamp();
                var vector = await EmbedAsync(group.Key, query.Text, cancellationToken);
                if (!vector.IsSuccess)
                {
                    return vector.Error;
                }

                embedMs += Stopwatch.GetElapsedTime(step).TotalMilliseconds;
                step = Stopwatch.GetTimestamp();
                dense = [.. dense.Concat(legs.Dense([.. group], vector.Value.Span, depth)).OrderByDescending(item => item.Score).Take(depth)];
                denseMs += Stopwatch.GetElapsedTime(step).TotalMilliseconds;
            }
        }

        if (query.Mode != SearchMode.Dense)
        {
            var step = Stopwatch.GetTimestamp();
            lexical = legs.Lexical([.. bases.Select(found => found.Id)], query.Text, depth);
            lexicalMs = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
        }

        var ranked = query.Mode switch
        {
            SearchMode.Dense => [.. dense.Select(item => new Fused(item.Row, item.Score, item.Score, null))],
            SearchMode.Lexical => [.. lexical.Select(item => new Fused(item.Row, item.Score, null, item.Score))],
            _ => Fusion.Fuse(options.Value.Fusion, dense, lexical, options.Value.DenseWeight),
        };
        var hits = await ReadAsync(query.Workspace, bases, ranked.Take(limit).ToList(), cancellationToken);
        return new SearchResult(hits, new(embedMs, denseMs, lexicalMs, Stopwatch.GetElapsedTime(started).TotalMilliseconds));
    }

    private async Task<Result<ReadOnlyMemory<float>>> EmbedAsync(string model, string text, CancellationToken cancellationToken)
    {
        var embedder = models.Embedder(model);
        if (!embedder.IsSuccess)
        {
            return embedder.Error;
        }

        try
        {
            return await embedder.Value.GenerateVectorAsync(text, cancellationToken: cancellationToken);
        }
        catch (ModelException exception)
        {
            return exception.Error;
        }
    }

    private async Task<IReadOnlyList<SearchHit>> ReadAsync(
        WorkspaceId workspace, List<KnowledgeBase> bases, List<Fused> ranked, CancellationToken cancellationToken)
    {
        var ids = legs.Passages(ranked.Select(row => row.Row));
        var located = (await passages.GetAsync(workspace, ids.Values, cancellationToken)).ToDictionary(found => found.Passage.Id);
        var hits = new List<SearchHit>(ranked.Count);
        foreach (var row in ranked)
        {
            if (ids.TryGetValue(row.Row, out var id) && located.TryGetValue(id, out var found) && bases.Any(parent => parent.Id == found.Base))
            {
                var passage = found.Passage;
                hits.Add(new SearchHit(
                    passage.Id, passage.Document, found.Base, found.DocumentName, passage.Section, passage.Page, passage.Start, passage.End,
                    passage.Text, row.Score, row.Dense, row.Lexical));
            }
        }

        return hits;
    }
}
