using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Search;
using MistralStudio.Retrieval.Splitting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How fast 100,000 passages are searched by their vectors, and how well words alone rank a public corpus.</summary>
internal static class RetrievalBenchmark
{
    private const int Rows = 100_000;
    private const int Dimensions = 384;
    private const int Queries = 200;

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("retrieval-bench-").FullName;
        try
        {
            Console.WriteLine("| retrieval | measured | goal |");
            Console.WriteLine("|---|---|---|");
            await ScanAsync(Path.Combine(folder, "scan", "index.db"));
            await RankAsync(Path.Combine(folder, "rank", "index.db"));
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task ScanAsync(string path)
    {
        var random = new Random(5);
        var file = IndexFile.Open(path, NullLogger.Instance);
        var resident = new ResidentVectors(file);
        using var index = new PassageIndex(file, resident);
        var document = Document("scan.txt");
        var vectors = Enumerable.Range(0, Rows).Select(_ => Unit(random)).ToArray();
        var passages = Enumerable.Range(0, Rows).Select(i => Passage(document.Id, i, i.ToString(CultureInfo.InvariantCulture))).ToArray();
        await index.StageAsync(document.Base, [.. passages.Select((passage, i) => (passage, (ReadOnlyMemory<float>)vectors[i]))], CancellationToken.None);
        await index.PublishAsync(document, passages, CancellationToken.None);

        var legs = new SearchLegs(file, resident);
        var first = Stopwatch.GetTimestamp();
        legs.Dense([document.Base], Unit(random), 10);
        Row("first search, reads the base into memory, ms", Stopwatch.GetElapsedTime(first).TotalMilliseconds, "");

        var whole = new List<double>();
        var scan = new List<double>();
        var found = 0;
        for (var i = 0; i < Queries; i++)
        {
            var query = Unit(random);
            var start = Stopwatch.GetTimestamp();
            resident.Get(document.Base)!.Scan(query, 50);
            scan.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            var hits = legs.Dense([document.Base], query, 10);
            whole.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var truth = vectors.Select((vector, row) => (row, score: System.Numerics.Tensors.TensorPrimitives.Dot<float>(vector, query)))
                .OrderByDescending(item => item.score).Take(10).Select(item => item.row + 1L).ToHashSet();
            found += hits.Count(hit => truth.Contains(hit.Row));
        }

        scan.Sort();
        whole.Sort();
        Row("scan of 100k x 384 bytes, best ms", scan[0], "");
        Row("scan of 100k x 384 bytes, p50 ms", scan[Queries / 2], "");
        Row("scan and rescoring from the file, best ms", whole[0], "");
        Row("scan and rescoring from the file, p50 ms", whole[Queries / 2], "<= 1.5");
        Row("recall@10 against float32", found / (Queries * 10.0), ">= .999");
    }

    private static async Task RankAsync(string path)
    {
        if (SharedData.Find("data", "retrieval", "nfcorpus") is not { } corpus)
        {
            Console.WriteLine("| nfcorpus | not in the shared folder | |");
            return;
        }

        var file = IndexFile.Open(path, NullLogger.Instance);
        var resident = new ResidentVectors(file);
        using var index = new PassageIndex(file, resident);
        var document = Document("");
        var lines = (await File.ReadAllLinesAsync(Path.Combine(corpus, "union.docs"))).Select(line => line.Split('\t', 2)).ToList();
        var passages = lines.Select((line, i) => Passage(document.Id, i, line[1])).ToArray();
        await index.StageAsync(
            document.Base, [.. passages.Select(passage => (passage, (ReadOnlyMemory<float>)new float[] { 1 }))], CancellationToken.None);
        await index.PublishAsync(document, passages, CancellationToken.None);

        var grades = (await File.ReadAllLinesAsync(Path.Combine(corpus, "qrels.txt"))).Select(line => line.Split([' ', '\t']))
            .GroupBy(parts => parts[0]).ToDictionary(g => g.Key, g => g.ToDictionary(p => p[2], p => double.Parse(p[3], CultureInfo.InvariantCulture)));
        var legs = new SearchLegs(file, resident);
        var times = new List<double>();
        var sum = 0.0;
        foreach (var topic in (await File.ReadAllLinesAsync(Path.Combine(corpus, "topics.tsv"))).Select(line => line.Split('\t', 2)))
        {
            if (!grades.TryGetValue(topic[0], out var relevant))
            {
                continue;
            }

            var start = Stopwatch.GetTimestamp();
            var hits = legs.Lexical([document.Base], topic[1], 100);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            var gain = hits.Take(10).Select((hit, rank) => relevant.GetValueOrDefault(lines[(int)hit.Row - 1][0]) / Math.Log2(rank + 2)).Sum();
            var ideal = relevant.Values.OrderDescending().Take(10).Select((grade, rank) => grade / Math.Log2(rank + 2)).Sum();
            sum += gain / ideal;
        }

        times.Sort();
        Row("nfcorpus, words alone, nDCG@10", sum / times.Count, ">= .318");
        Row("nfcorpus, words alone, p50 ms", times[times.Count / 2], "");
    }

    private static KnowledgeDocument Document(string name) => new(
        DocumentId.New(), KnowledgeBaseId.New(), WorkspaceId.New(), name, "text/plain", 1, "", DocumentState.Indexing, 0, 0, 0, null, default, default);

    private static Passage Passage(DocumentId document, int ordinal, string text)
    {
        var hash = PassageIdentity.HashContent(text, null);
        return new(PassageIdentity.Create(document, hash, ordinal), document, ordinal, text, null, 0, text.Length, null, hash);
    }

    private static float[] Unit(Random random)
    {
        var vector = new float[Dimensions];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        }

        var norm = MathF.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }

    private static void Row(string what, double value, string goal) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {value:0.###} | {goal} |"));
}
