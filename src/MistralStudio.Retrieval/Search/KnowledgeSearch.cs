using System.Diagnostics;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Search;

/// <summary>
/// A search from its question to its hits: the question is made to stand alone, the legs run, their results are fused, read once more, spread,
/// and read from the store with the workspace's own rights.
/// </summary>
internal sealed class KnowledgeSearch(
    IKnowledgeStore knowledge,
    HitReader reader,
    ParentReader parents,
    SearchRun run,
    PassageIndex index,
    QuestionRewriting rewriting,
    PassageReranking reranking,
    IOptions<KnowledgeOptions> options) : IKnowledgeSearch
{
    // Among so many times the wanted passages those are looked for that differ.
    private const int DiversityFactor = 5;

    /// <inheritdoc/>
    public async Task<Result<SearchResult>> SearchAsync(KnowledgeQuery query, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        if (string.IsNullOrWhiteSpace(query.Text))
        {
            return KnowledgeErrors.QueryEmpty();
        }

        // Here is where rights are decided: what follows sees these bases and no others.
        var bases = new List<KnowledgeBase>();
        foreach (var id in query.Bases.Distinct())
        {
            if (await knowledge.FindBaseAsync(query.Access, id, cancellationToken) is { } found)
            {
                bases.Add(found);
            }
        }

        if (bases.Count == 0)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        query = query with { Bases = [.. bases.Select(found => found.Id)] };
        var settings = SettingsOf(query, bases[0]);
        var notes = new List<Error>();
        var (question, rewriteMs) = (query.Text, 0.0);
        if (settings.RewriteQuestions)
        {
            var step = Stopwatch.GetTimestamp();
            (question, var note) = await rewriting.RewriteAsync(query, settings, cancellationToken);
            rewriteMs = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
            AddNote(note);
        }

        var outcome = await run.FindAsync(bases, query, question, settings, cancellationToken);
        if (!outcome.IsSuccess)
        {
            return outcome.Error;
        }

        var (legs, embedMs) = outcome.Value;
        foreach (var group in bases.Where(found => legs.OtherVectors.Contains(found.Id)).GroupBy(found => found.EmbeddingModel))
        {
            AddNote(SearchErrors.OtherVectors([.. group.Select(found => found.Name)], group.Key));
        }

        var fused = Fusion.Rank(
            settings,
            [.. legs.Dense.Where(item => settings.MinDense is not { } least || item.Score >= least)],
            [.. legs.Lexical.Where(item => settings.MinLexical is not { } least || item.Score >= least)]);
        var reranks = settings.Rerank != RerankMethod.None && fused.Count > 1;
        var wanted = Math.Max(reranks ? settings.RerankDepth : 0, settings.Diversity > 0 ? settings.Limit * DiversityFactor : settings.Limit);
        var read = await reader.ReadAsync(query.Access, bases, fused, wanted, cancellationToken);
        var ranked = read.Ranked;
        var rerankMs = 0.0;
        if (reranks)
        {
            var step = Stopwatch.GetTimestamp();
            var best = ranked.Take(Math.Max(settings.RerankDepth, settings.Limit)).ToList();
            (ranked, var note) = await reranking.RerankAsync(
                query, settings, question, best, read.Located.ToDictionary(item => item.Key, item => TextOf(item.Value.Passage)), cancellationToken);
            rerankMs = Stopwatch.GetElapsedTime(step).TotalMilliseconds;
            AddNote(note);
        }

        ranked = [.. ranked.Where(item => settings.MinScore is not { } least || item.Score >= least)];
        var chosen = await ChooseAsync(bases, settings, ranked, cancellationToken);
        var hits = await reader.ReadAsync(read.With(chosen), question, legs.Languages, settings.Neighbours, cancellationToken);
        if (query.Parents)
        {
            hits = await parents.ReadAsync(hits, read.Located, cancellationToken);
        }

        var lost = query.Explain.Where(passage => !legs.Explained.ContainsKey(passage)).ToList();
        IReadOnlySet<PassageId> disabled = lost.Count == 0 ? new HashSet<PassageId>() : await reader.DisabledAsync(query.Access, bases, lost, cancellationToken);
        var trace = new SearchTrace(legs.Dense, legs.Lexical, read.Ranked, ranked, chosen)
        {
            Repeats = read.Repeats,
            Disabled = disabled,
        };
        return new SearchResult(
            hits,
            new(embedMs, legs.DenseMs, legs.LexicalMs, Stopwatch.GetElapsedTime(started).TotalMilliseconds) { RewriteMs = rewriteMs, RerankMs = rerankMs })
        {
            Settings = settings,
            Question = question,
            Allowed = legs.Allowed,
            Standings = [.. query.Explain.Select(passage => Standings.Of(passage, legs.Explained.GetValueOrDefault(passage), settings, trace))],
            Notes = notes,
        };

        void AddNote(Error? note)
        {
            if (note is not null)
            {
                notes.Add(note);
            }
        }
    }

    // The headings above a passage say what it is about, to a reranker as to an embedder.
    private static string TextOf(Passage passage) => passage.Section is null ? passage.ReadableText : $"{passage.Section}\n{passage.ReadableText}";

    private SearchSettings SettingsOf(KnowledgeQuery query, KnowledgeBase first)
    {
        var settings = query.Settings ?? first.Settings.Search;
        settings = query.Changes?.Invoke(settings) ?? settings;
        return (settings with
        {
            Mode = query.Mode ?? settings.Mode,
            Limit = query.Limit ?? settings.Limit,
            Fusion = settings.Fusion ?? options.Value.Fusion,
            DenseWeight = settings.DenseWeight ?? options.Value.DenseWeight,
        }).Bounded();
    }

    private async Task<IReadOnlyList<Fused>> ChooseAsync(
        List<KnowledgeBase> bases, SearchSettings settings, IReadOnlyList<Fused> ranked, CancellationToken cancellationToken)
    {
        if (settings.Diversity == 0 || ranked.Count <= 1)
        {
            return [.. ranked.Take(settings.Limit)];
        }

        var candidates = ranked.Take(settings.Limit * DiversityFactor).ToList();
        var vectors = await index.VectorsAsync(bases, [.. candidates.Select(item => item.Passage)], cancellationToken);
        return Diversity.Choose(candidates, vectors, settings.Diversity, settings.Limit);
    }
}
