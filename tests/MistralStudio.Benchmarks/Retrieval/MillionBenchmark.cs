using System.Diagnostics;
using System.Globalization;
using MistralStudio.Core.Ids;
using MistralStudio.Retrieval.Index;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>A million vectors of 384 numbers in memory: how long a scan takes beside its share of memory; and how soon a document that was committed is found.</summary>
internal static class MillionBenchmark
{
    private const int Rows = 1_000_000;
    private const int Queries = 60;
    private const int Documents = 20;

    public static async Task RunAsync(string folder)
    {
        var random = new Random(5);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var segment = new VectorSegment(ScanBenchmark.Dimensions);
        var vector = new float[ScanBenchmark.Dimensions];
        for (var row = 1; row <= Rows; row++)
        {
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] = random.NextSingle() - .5f;
            }

            segment.Append(row, vector);
        }

        Row("1,000,000 x 384: memory of the index, MB", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6, "<= 450");
        var queries = Enumerable.Range(0, Queries).Select(_ => ScanBenchmark.Noise(random, 1)).ToList();
        queries.ForEach(query => segment.Scan(query, 50));
        foreach (var threads in (int[])[1, 2])
        {
            Row($"1,000,000 x 384: scan, {threads} thread{(threads == 1 ? "" : "s")}, p50 (best), ms", Times(queries.Select(query => Measure(() => segment.Scan(query, 50, threads)))), threads == 2 ? "<= 15" : "");
        }

        GC.KeepAlive(segment);
        await InsertAsync(folder, random);
    }

    private static async Task InsertAsync(string folder, Random random)
    {
        using var index = new BenchmarkIndex(folder);
        await index.FillAsync([.. Enumerable.Range(0, 10_000).Select(i => $"text {i}")], [.. Enumerable.Range(0, 10_000).Select(_ => (ReadOnlyMemory<float>)ScanBenchmark.Noise(random, 1))]);
        index.Legs.Dense([index.Base], ScanBenchmark.Noise(random, 1), 10);
        var times = new List<double>();
        for (var i = 0; i < Documents; i++)
        {
            var vectors = Enumerable.Range(0, 50).Select(_ => (ReadOnlyMemory<float>)ScanBenchmark.Noise(random, 1)).ToList();
            var document = BenchmarkIndex.Document($"new {i}", index.Base, WorkspaceId.New());
            var passage = await index.AddAsync(document, [.. Enumerable.Range(0, 50).Select(n => $"sentence {n} of document {i}")], vectors);
            var start = Stopwatch.GetTimestamp();
            var found = index.Legs.Dense([index.Base], vectors[0].Span, 1)[0].Passage == passage
                && index.Legs.Lexical([index.Base], $"\"new {i}\"", 60).Any(item => item.Passage == passage);
            times.Add(found ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : throw new InvalidOperationException("It was not found."));
        }

        Row("a document of 50 passages: found by both legs after its commit, p50 (best), ms", Times(times), "<= 50");
    }

    private static double Measure(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static string Times(IEnumerable<double> measured)
    {
        var times = measured.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{times[times.Count / 2]:0.00} ({times[0]:0.00})");
    }
}
