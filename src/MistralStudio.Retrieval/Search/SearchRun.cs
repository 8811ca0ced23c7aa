using System.Diagnostics;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Ingestion;

namespace MistralStudio.Retrieval.Search;

/// <summary>Runs the legs of a search over bases that may have different embedding models: each model embeds the question once.</summary>
internal sealed class SearchRun(IModelHost models, PassageIndex index, EmbedderIdentity identity)
{
    /// <summary>What both legs found in all bases, best first, and what embedding took, ms.</summary>
    public async Task<Result<(LegResults Legs, double EmbedMs)>> FindAsync(
        IReadOnlyList<KnowledgeBase> bases, KnowledgeQuery query, string question, SearchSettings settings, CancellationToken cancellationToken)
    {
        var embedMs = 0.0;
        var queries = new List<(IndexStore Store, LegQuery Query)>();
        var others = settings.Mode == SearchMode.Lexical ? new HashSet<KnowledgeBaseId>() : await identity.OthersAsync(bases, cancellationToken);
        var groups = bases.GroupBy(found => (found.EmbeddingModel, found.Placement.Store, IsOther: others.Contains(found.Id)), found => found.Id)
            .Select(group => (Model: group.Key.EmbeddingModel, group.Key.Store, group.Key.IsOther, Bases: group.ToList())).ToList();
        var vectors = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        var words = settings.Mode == SearchMode.Dense ? null : question;
        if (settings.Mode != SearchMode.Lexical)
        {
            foreach (var model in groups.Where(group => !group.IsOther).Select(group => group.Model).Distinct())
            {
                var step = Stopwatch.GetTimestamp();
                var vector = await EmbedAsync(model, question, cancellationToken);
                if (!vector.IsSuccess)
                {
                    return vector.Error;
                }

                embedMs += Stopwatch.GetElapsedTime(step).TotalMilliseconds;
                vectors[model] = vector.Value;
            }

            foreach (var (model, store, isOther, group) in groups)
            {
                // With vectors that another embedder made, a question's vector says nothing.
                ReadOnlyMemory<float>? vector = isOther ? null : vectors[model];
                queries.Add((store, new(group, vector, groups.Count == 1 ? words : null, query.Filter, settings.Depth, query.Explain)));
            }
        }

        if (words is not null && (groups.Count > 1 || queries.Count == 0))
        {
            // Over all bases of a store at once: how rare a word is is one number.
            queries.AddRange(bases.GroupBy(found => found.Placement.Store, found => found.Id)
                .Select(group => (group.Key, new LegQuery([.. group], null, words, query.Filter, settings.Depth, query.Explain))));
        }

        var results = new List<LegResults>();
        foreach (var (store, legs) in queries)
        {
            var found = await index.FindAsync(store, legs, cancellationToken);
            if (!found.IsSuccess)
            {
                return found.Error;
            }

            results.Add(found.Value);
        }

        var merged = LegMerge.Of(results, settings.Depth);
        return (merged with { OtherVectors = [.. merged.OtherVectors.Union(others)] }, embedMs);
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
}
