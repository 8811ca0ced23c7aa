using System.Numerics.Tensors;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Tests.Index;

public sealed class VectorScanTests
{
    [Theory]
    [InlineData(384)]
    [InlineData(100)]
    public void EveryPath_GivesTheSameSums(int dimensions)
    {
        var random = new Random(1);
        var stride = Int8Kernel.Stride(dimensions);
        var rows = new sbyte[11 * stride];
        var query = new sbyte[stride];
        foreach (var bytes in (sbyte[][])[rows, query])
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (sbyte)random.Next(-127, 128);
            }
        }

        var expected = Enumerable.Range(0, 11).Select(row => Enumerable.Range(0, stride).Sum(i => rows[(row * stride) + i] * query[i]));
        foreach (var path in Enum.GetValues<KernelPath>().Where(path => path <= Int8Kernel.Best))
        {
            var sums = new int[11];
            Int8Kernel.Scan(rows, Int8Kernel.Widen(query), sums, path);
            Assert.Equal(expected, sums);
        }
    }

    [Fact]
    public void Scan_FindsWhatBruteForceFinds()
    {
        const int Rows = 20_000, Dimensions = 96, Queries = 50;
        var random = new Random(7);
        var vectors = Enumerable.Range(0, Rows).Select(_ => Unit(random, Dimensions)).ToArray();
        var segment = new VectorSegment(Dimensions);
        for (var i = 0; i < Rows; i++)
        {
            segment.Append(i + 1, vectors[i]);
        }

        var found = 0;
        for (var q = 0; q < Queries; q++)
        {
            var query = Unit(random, Dimensions);
            var truth = Enumerable.Range(0, Rows).OrderByDescending(i => TensorPrimitives.Dot<float>(vectors[i], query)).Take(10).ToHashSet();
            found += segment.Scan(query, 50).Items.Select(item => (int)item.Row - 1)
                .OrderByDescending(i => TensorPrimitives.Dot<float>(vectors[i], query)).Take(10).Count(truth.Contains);
        }

        Assert.True(found >= .999 * Queries * 10, $"{found} of {Queries * 10}");
    }

    [Fact]
    public void RemovedRow_IsFoundNoMore_AndARowIsAddedOnce()
    {
        var segment = new VectorSegment(2);
        segment.Append(1, [1, 0]);
        segment.Append(2, [0, 1]);
        segment.Append(2, [0, 1]);

        segment.Remove(1);
        segment.Remove(1);

        Assert.Equal([2L], segment.Scan([1, 0], 5).Items.Select(item => item.Row));
        Assert.Equal((2, 1), (segment.Count, segment.Removed));
    }

    private static float[] Unit(Random random, int dimensions)
    {
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble()) - 1.5);
        }

        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return vector;
    }
}
