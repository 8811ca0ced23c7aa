using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>The scan of 100,000 vectors of 384 bytes: time beside a plain read of as many bytes, and recall where bytes are a hard case.</summary>
internal static class ScanBenchmark
{
    public const int Rows = 100_000;
    public const int Dimensions = 384;
    private const int Queries = 200;

    private static readonly TimeSpan s_warmup = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(string folder)
    {
        await SetAsync(Path.Combine(folder, "random"), "random directions", timed: true, (random, _) => Noise(random, 1));

        // Neighbours that differ by less than a step of a byte.
        var centres = Enumerable.Range(0, 500).Select(i => Noise(new(i), 1)).ToArray();
        await SetAsync(Path.Combine(folder, "clusters"), "adversarial: 500 tight clusters", timed: false, (random, i) => Sum(centres[i % 500], Noise(random, .02f)));

        // One number takes the whole range of a byte, so the others have few steps left.
        await SetAsync(Path.Combine(folder, "outlier"), "adversarial: one dimension outweighs all", timed: false, (random, _) =>
        {
            var vector = Noise(random, 1);
            vector[7] = 20;
            return vector;
        });
    }

    private static async Task SetAsync(string folder, string name, bool timed, Func<Random, int, float[]> draw)
    {
        var random = new Random(5);
        var vectors = Enumerable.Range(0, Rows).Select(i => Unit(draw(random, i))).ToArray();
        using var index = new BenchmarkIndex(folder);
        await index.FillAsync(
            [.. Enumerable.Range(0, Rows).Select(i => i.ToString(CultureInfo.InvariantCulture))], [.. vectors.Select(vector => (ReadOnlyMemory<float>)vector)]);
        var queries = Enumerable.Range(0, Queries).Select(i => Unit(draw(random, i))).ToArray();
        var first = Stopwatch.GetTimestamp();
        index.Legs.Dense([index.Base], queries[0], 10);
        var segment = index.Resident.Get(index.Base)!;
        if (timed)
        {
            Row("first search reads the base into memory, ms", Stopwatch.GetElapsedTime(first).TotalMilliseconds);
            var plain = PlainRead();
            foreach (var threads in (int[])[1, 2])
            {
                var (best, p50) = Time(queries, query => segment.Scan(query, 50, threads));
                Row($"int8 scan, {threads} thread{(threads == 1 ? "" : "s")}, p50 (best), ms", Both(p50, best));
                if (threads == 1)
                {
                    Row("a plain read of the same 38 MB, 1 thread, p50 (best), ms", Both(plain.P50, plain.Best));
                    Row("the scan's share of that speed, best to best", plain.Best / best);
                }

                (best, p50) = Time(queries, query => index.Legs.Dense([index.Base], query, 10, threads));
                Row($"**int8 scan and float32 rescore, {threads} thread{(threads == 1 ? "" : "s")}, p50 (best), ms**", Both(p50, best), "<= 1.5");
            }
        }

        var found = 0;
        foreach (var query in queries)
        {
            // A tie at the tenth place is no miss.
            var scores = vectors.Select(vector => TensorPrimitives.Dot<float>(vector, query)).ToArray();
            var tenth = scores.OrderDescending().ElementAt(9);
            found += index.Legs.Dense([index.Base], query, 10).Count(hit => scores[index.Ordinal(hit.Passage)] >= tenth - 1e-6f);
        }

        Row($"recall@10, {name}", found / (Queries * 10.0), ">= .999");
    }

    private static (double Best, double P50) Time(float[][] queries, Action<float[]> search)
    {
        // Until the code that the compiler makes last is running.
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin) < s_warmup;)
        {
            foreach (var query in queries)
            {
                search(query);
            }
        }

        var times = new List<double>(queries.Length);
        foreach (var query in queries)
        {
            var start = Stopwatch.GetTimestamp();
            search(query);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return (times[0], times[times.Count / 2]);
    }

    private static (double Best, double P50) PlainRead()
    {
        var bytes = GC.AllocateUninitializedArray<int>(Rows * Dimensions / sizeof(int), pinned: true);
        bytes.AsSpan().Fill(1);
        var sum = 0;
        var times = Time([.. Enumerable.Range(0, Queries).Select(_ => Array.Empty<float>())], _ => sum += Total(bytes));
        GC.KeepAlive(sum);
        return times;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Total(int[] numbers)
    {
        Vector256<int> a = default, b = default, c = default, d = default;
        ref var start = ref MemoryMarshal.GetArrayDataReference(numbers);
        for (nuint i = 0; i + 32 <= (nuint)numbers.Length; i += 32)
        {
            a += Vector256.LoadUnsafe(ref start, i);
            b += Vector256.LoadUnsafe(ref start, i + 8);
            c += Vector256.LoadUnsafe(ref start, i + 16);
            d += Vector256.LoadUnsafe(ref start, i + 24);
        }

        return Vector256.Sum(a + b + c + d);
    }

    public static float[] Noise(Random random, float size)
    {
        var vector = new float[Dimensions];
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = size * (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5);
        }

        return vector;
    }

    public static float[] Unit(float[] vector)
    {
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }

    private static float[] Sum(float[] a, float[] b)
    {
        TensorPrimitives.Add(a, b, b);
        return b;
    }

    private static string Both(double p50, double best) => string.Create(CultureInfo.InvariantCulture, $"{p50:0.00} ({best:0.00})");
}
