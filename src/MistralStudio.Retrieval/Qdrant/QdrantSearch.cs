using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>Both legs by one request; what they find is fused here as what the index file finds.</summary>
internal sealed class QdrantSearch(QdrantClient client, QdrantCollections collections, TimeProvider time)
{
    private const int Effort = 128;

    private static readonly TimeSpan s_languagesKept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<KnowledgeBaseId, (HashSet<Language> Languages, long At)> _languages = new();

    /// <summary>Forgets which languages a base is in.</summary>
    public void Forget(KnowledgeBaseId parent) => _languages.TryRemove(parent, out _);

    /// <exception cref="QdrantException">The server did not answer, or refused.</exception>
    public async Task<LegResults> FindAsync(LegQuery query, CancellationToken cancellationToken)
    {
        var there = await collections.ListAsync(cancellationToken);
        var results = new List<LegResults>();

        // A question without a vector is for all lengths of them.
        foreach (var alias in query.Vector is { } vector ? there.Where(alias => alias == collections.Alias(vector.Length)) : there)
        {
            results.Add(await FindAsync(alias, query, cancellationToken));
        }

        return results.Count == 0
            ? new([], [], 0, 0, query.Filter.IsNone ? null : 0, [], new Dictionary<PassageId, LegScores>())
            : LegMerge.Of(results, query.Depth);
    }

    /// <summary>The passage that a point is.</summary>
    public static PassageId IdOf(JsonElement point) => PassageId.From(point.GetProperty("id").GetGuid());

    private async Task<LegResults> FindAsync(string alias, LegQuery query, CancellationToken cancellationToken)
    {
        var languages = await LanguagesAsync(alias, query.Bases, cancellationToken);
        var filter = QdrantFilter.Of(query.Bases, query.Filter);
        var searches = new JsonArray();
        var terms = query.Words is { } words ? TermWeights.OfQuestion(words, languages) : [];
        int? dense = null, lexical = null, ownDense = null, ownLexical = null;
        var own = query.Explain.Count == 0 ? null : QdrantFilter.Of(query.Bases, SearchFilter.None, query.Explain);
        if (query.Vector is { } vector)
        {
            dense = Add(Dense(vector.Span, query.Depth, filter));
            ownDense = own is null ? null : Add(Dense(vector.Span, query.Explain.Count, own));
        }

        if (terms.Count > 0)
        {
            lexical = Add(Lexical(terms, query.Depth, filter));
            ownLexical = own is null ? null : Add(Lexical(terms, query.Explain.Count, own));
        }

        var started = Stopwatch.GetTimestamp();
        var found = searches.Count == 0 ? [] : await client.QueryAsync(alias, searches, cancellationToken);
        var ms = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        int? allowed = query.Filter.IsNone ? null : (int)await client.CountAsync(alias, filter, cancellationToken);
        var explained = own is null
            ? new Dictionary<PassageId, LegScores>()
            : await ExplainAsync(alias, query, own, Read(ownDense), Read(ownLexical), cancellationToken);

        // One request ran both legs; each is said to have taken its share.
        var legs = (dense is null ? 0 : 1) + (lexical is null ? 0 : 1);
        return new(Read(dense), Read(lexical), dense is null ? 0 : ms / legs, lexical is null ? 0 : ms / legs, allowed, languages, explained);

        int Add(JsonObject request)
        {
            searches.Add(request);
            return searches.Count - 1;
        }

        List<Scored> Read(int? place) => place is not { } at ? []
            : [.. found[at].EnumerateArray().Select(point => new Scored(IdOf(point), point.GetProperty("score").GetDouble()))];
    }

    private static JsonObject Dense(ReadOnlySpan<float> vector, int limit, JsonObject filter) => new()
    {
        ["query"] = QdrantPoint.Numbers(vector),
        ["using"] = QdrantPoint.Dense,
        ["limit"] = limit,
        ["filter"] = filter.DeepClone(),
        ["params"] = new JsonObject { ["hnsw_ef"] = Math.Max(Effort, limit), ["quantization"] = new JsonObject { ["rescore"] = true, ["oversampling"] = 2.0 } },
        ["with_payload"] = false,
    };

    private static JsonObject Lexical(Dictionary<int, float> terms, int limit, JsonObject filter) => new()
    {
        ["query"] = new JsonObject
        {
            ["indices"] = new JsonArray([.. terms.Keys.Select(term => (JsonNode)term)]),
            ["values"] = new JsonArray([.. terms.Values.Select(times => (JsonNode)times)]),
        },
        ["using"] = QdrantPoint.Words,
        ["limit"] = limit,
        ["filter"] = filter.DeepClone(),
        ["with_payload"] = false,
    };

    private async Task<Dictionary<PassageId, LegScores>> ExplainAsync(
        string alias, LegQuery query, JsonObject own, List<Scored> dense, List<Scored> lexical, CancellationToken cancellationToken)
    {
        var shown = new JsonObject { ["with_payload"] = false, ["with_vector"] = false };
        var allowed = new HashSet<PassageId>();
        await foreach (var point in client.ScrollAsync(alias, QdrantFilter.Of(query.Bases, query.Filter, query.Explain), shown, cancellationToken))
        {
            allowed.Add(IdOf(point));
        }

        var scores = new Dictionary<PassageId, LegScores>();
        await foreach (var point in client.ScrollAsync(alias, own, shown, cancellationToken))
        {
            var id = IdOf(point);
            scores[id] = new(allowed.Contains(id), ScoreIn(dense, id), ScoreIn(lexical, id));
        }

        return scores;
    }

    private static double? ScoreIn(List<Scored> leg, PassageId passage) => leg.FindIndex(item => item.Passage == passage) is >= 0 and var at ? leg[at].Score : null;

    private async Task<IReadOnlyCollection<Language>> LanguagesAsync(string alias, IReadOnlyList<KnowledgeBaseId> bases, CancellationToken cancellationToken)
    {
        var languages = new HashSet<Language>();
        foreach (var parent in bases)
        {
            if (!_languages.TryGetValue(parent, out var kept) || time.GetElapsedTime(kept.At) > s_languagesKept)
            {
                var names = await client.FacetAsync(alias, QdrantPoint.LanguageName, QdrantFilter.Of([parent]), cancellationToken);
                kept = ([.. names.Select(name => Enum.Parse<Language>(name, ignoreCase: true))], time.GetTimestamp());
                _languages[parent] = kept;
            }

            languages.UnionWith(kept.Languages);
        }

        return languages;
    }
}
