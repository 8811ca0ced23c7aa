using System.Globalization;
using System.Numerics.Tensors;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Tests.Shared.Fakes;

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
        var rows = new byte[11 * stride];
        var query = new sbyte[stride];
        for (var i = 0; i < rows.Length; i++)
        {
            // The first rows are at the ends of the range, where a sum of products is largest.
            rows[i] = (byte)(i < stride ? 255 : i < 2 * stride ? 1 : random.Next(1, 256));
        }

        for (var i = 0; i < stride; i++)
        {
            query[i] = (sbyte)(dimensions == 100 ? 127 : random.Next(-127, 128));
        }

        var expected = Enumerable.Range(0, 11)
            .Select(row => Enumerable.Range(0, stride).Sum(i => (rows[(row * stride) + i] - Int8Kernel.Zero) * query[i])).ToArray();
        foreach (var path in Int8Kernel.Supported())
        {
            var sums = new int[11];
            Int8Kernel.Scan(rows, new(query, query.Sum(q => q * Int8Kernel.Zero), 1), sums, path);
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
    public async Task Search_FindsTheNearest_AmongCopiesThatBytesCannotTellApart()
    {
        const int Copies = 3_000, Dimensions = HashedEmbedder.Dimensions;
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var document = (await room.AddAsync(parent, "a.txt", "x")) with { State = DocumentState.Indexing };
        await room.Work.IdleAsync();
        var random = new Random(3);
        var centre = Unit(random, Dimensions);
        var vectors = Enumerable.Range(0, Copies).Select(_ => centre.Zip(Unit(random, Dimensions), (c, noise) => c + (.004f * noise)).ToArray()).ToArray();
        var passages = vectors.Select((_, i) =>
            new Passage(new(Guid.CreateVersion7()), document.Id, i, "x", null, 0, 1, null, i.ToString(CultureInfo.InvariantCulture))).ToList();
        var index = room.Get<PassageIndex>();
        await index.StageAsync(parent, [.. passages.Zip(vectors, (passage, vector) => (passage, (ReadOnlyMemory<float>)vector))], TestContext.Current.CancellationToken);
        await index.PublishAsync(document, passages, TestContext.Current.CancellationToken);
        var truth = vectors.Select(vector => (double)TensorPrimitives.CosineSimilarity<float>(vector, vectors[7])).OrderDescending().Take(10);

        var found = room.Get<EmbeddedSearch>().Dense([parent], vectors[7], 10);

        Assert.Equal(truth, found.Select(hit => hit.Score), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Scan_RanksByCosine_WhateverTheLengthsOfVectors()
    {
        var segment = new VectorSegment(2);
        segment.Append(1, [3, 4]);
        segment.Append(2, [.02f, 0]);
        segment.Append(3, [0, 0]);

        Assert.Equal([2L, 1, 3], segment.Scan([5, .5f], 3).Items.OrderByDescending(item => item.Score).Select(item => item.Row));
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

    [Fact]
    public void Filter_LeavesOnlyTheRowsItLetsThrough_AndTheNearestOfThem()
    {
        var random = new Random(11);
        var segment = new VectorSegment(32);
        var vectors = Enumerable.Range(0, 5_000).Select(_ => Unit(random, 32)).ToArray();
        foreach (var (i, vector) in vectors.Index())
        {
            segment.Append((3 * i) + 100, vector);
        }

        var allowed = Enumerable.Range(0, 5_000).Where(i => i is (> 2_000 and < 2_100) or 4_999 or 0).Select(i => (3L * i) + 100).ToList();
        var query = Unit(random, 32);
        var truth = allowed.OrderByDescending(row => TensorPrimitives.Dot<float>(vectors[(row - 100) / 3], query)).Take(40).Order();

        var found = segment.Scan(query, 40, null, new RowSet(allowed)).Items.Select(item => item.Row).Order();

        Assert.True(truth.Intersect(found).Count() >= 39);
        Assert.Empty(found.Except(allowed));
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
