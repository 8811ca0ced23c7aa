using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Retrieval.Search;
using MistralStudio.Tests.Shared;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>How well words, meaning and both rank: nDCG@10, and recall@100 where a question has many answers, recall@10 where it has one.</summary>
internal static class RankingBenchmark
{
    private const int Depth = 100;

    private sealed record Question(string Text, Dictionary<int, double> Relevant);

    private sealed record Corpus(string Name, IReadOnlyList<string> Passages, IReadOnlyList<Question> Questions, int RecallAt, bool HybridMustLead);

    public static async Task RunAsync(string folder, EmbeddingModel model)
    {
        foreach (var corpus in Corpora())
        {
            var start = Stopwatch.GetTimestamp();
            var vectors = await EmbedAsync(model, corpus.Passages);
            Row($"{corpus.Name}: passages embedded a second", corpus.Passages.Count / Stopwatch.GetElapsedTime(start).TotalSeconds);
            var questions = await EmbedAsync(model, [.. corpus.Questions.Select(question => question.Text)]);
            using var index = new BenchmarkIndex(Path.Combine(folder, corpus.Name));
            await index.FillAsync(corpus.Passages, vectors);

            var legs = corpus.Questions.Select((question, i) => (
                Dense: index.Legs.Dense([index.Base], questions[i].Span, Depth),
                Lexical: index.Legs.Lexical([index.Base], question.Text, Depth))).ToList();
            var lexical = Measure(corpus, i => legs[i].Lexical.Select(item => index.Ordinal(item.Passage)));
            var dense = Measure(corpus, i => legs[i].Dense.Select(item => index.Ordinal(item.Passage)));
            var minMax = Measure(corpus, i => Fusion.MinMax(legs[i].Dense, legs[i].Lexical, .5).Select(item => index.Ordinal(item.Passage)));
            var ranks = Measure(corpus, i => Fusion.ReciprocalRank(legs[i].Dense, legs[i].Lexical, .5).Select(item => index.Ordinal(item.Passage)));
            var measures = $"{corpus.Name}, nDCG@10 / recall@{corpus.RecallAt}";
            Row($"{measures}: words", Both(lexical), corpus.Name == "nfcorpus" ? "about .326 / .252" : "");
            Row($"{measures}: meaning", Both(dense));
            Row($"{measures}: **both, min-max average**", Both(minMax), corpus.HybridMustLead ? $">= {Both((Math.Max(lexical.Gain, dense.Gain), Math.Max(lexical.Recall, dense.Recall)))}" : "");
            Row($"{measures}: both, reciprocal ranks", Both(ranks));
        }
    }

    private static (double Gain, double Recall) Measure(Corpus corpus, Func<int, IEnumerable<int>> rank)
    {
        double gain = 0, recall = 0;
        for (var i = 0; i < corpus.Questions.Count; i++)
        {
            var relevant = corpus.Questions[i].Relevant;
            var ranked = rank(i).Take(100).Select(row => relevant.GetValueOrDefault(row)).ToList();
            gain += Discounted(ranked) / Discounted(relevant.Values.OrderDescending());
            recall += (double)ranked.Take(corpus.RecallAt).Count(grade => grade > 0) / relevant.Count;
        }

        return (gain / corpus.Questions.Count, recall / corpus.Questions.Count);
    }

    private static double Discounted(IEnumerable<double> grades) => grades.Take(10).Select((grade, rank) => grade / Math.Log2(rank + 2)).Sum();

    private static async Task<List<ReadOnlyMemory<float>>> EmbedAsync(EmbeddingModel model, IReadOnlyList<string> texts) =>
        [.. (await model.GenerateAsync(texts)).Select(embedding => embedding.Vector)];

    private static IEnumerable<Corpus> Corpora()
    {
        if (SharedData.Find("data", "retrieval", "nfcorpus") is not { } medical || SharedData.Find("data", "retrieval", "xquad") is not { } xquad
            || SharedData.Find("data", "retrieval", "pubmedqa", "ori_pqal.json") is not { } abstracts)
        {
            Console.WriteLine("| rankings | data/retrieval is not in the shared folder (STUDIO_SHARED) | |");
            yield break;
        }

        yield return Nfcorpus(medical);
        foreach (var language in (string[])["en", "de", "es", "ru", "zh"])
        {
            yield return Xquad(Path.Combine(xquad, $"xquad.{language}.json"), language);
        }

        yield return PubmedQa(abstracts);
    }

    private static Corpus Nfcorpus(string folder)
    {
        var documents = File.ReadLines(Path.Combine(folder, "union.docs")).Select(line => line.Split('\t', 2)).ToList();

        // Judged documents that are not in this selection count as missed, as they do in the published figures; each has a row of its own.
        var rows = new Dictionary<string, int>();
        int RowOf(string document) => rows.TryGetValue(document, out var row) ? row : rows[document] = rows.Count;
        documents.ForEach(document => RowOf(document[0]));
        var grades = File.ReadLines(Path.Combine(folder, "qrels.txt")).Select(line => line.Split([' ', '\t'])).ToLookup(parts => parts[0]);
        return new(
            "nfcorpus",
            [.. documents.Select(document => document[1])],
            [.. File.ReadLines(Path.Combine(folder, "topics.tsv")).Select(line => line.Split('\t', 2)).Where(topic => grades.Contains(topic[0])).Select(topic =>
                new Question(topic[1], grades[topic[0]].ToDictionary(parts => RowOf(parts[2]), parts => double.Parse(parts[3], CultureInfo.InvariantCulture))))],
            RecallAt: 100,
            HybridMustLead: true);
    }

    private static Corpus Xquad(string file, string language)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var paragraphs = json.RootElement.GetProperty("data").EnumerateArray().SelectMany(article => article.GetProperty("paragraphs").EnumerateArray()).ToList();
        return new(
            $"xquad {language}",
            [.. paragraphs.Select(paragraph => paragraph.GetProperty("context").GetString()!)],
            [.. paragraphs.SelectMany((paragraph, row) => paragraph.GetProperty("qas").EnumerateArray()
                .Select(question => new Question(question.GetProperty("question").GetString()!, new() { [row] = 1 })))],
            RecallAt: 10,
            HybridMustLead: false);
    }

    private static Corpus PubmedQa(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        var items = json.RootElement.EnumerateObject().Select(item => item.Value).ToList();
        return new(
            "pubmedqa",
            [.. items.Select(item => string.Join("\n\n", item.GetProperty("CONTEXTS").EnumerateArray().Select(context => context.GetString())))],
            [.. items.Select((item, row) => new Question(item.GetProperty("QUESTION").GetString()!, new() { [row] = 1 }))],
            RecallAt: 10,
            HybridMustLead: false);
    }

    private static string Both((double Gain, double Recall) measured) =>
        string.Create(CultureInfo.InvariantCulture, $"{measured.Gain:.000} / {measured.Recall:.000}");
}
