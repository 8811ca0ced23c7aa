using System.Numerics.Tensors;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// The vectors of one knowledge base in memory, one byte a number, compared by cosine. One writer appends rows with growing numbers and strikes out others;
/// readers scan without a lock what was there when they began.
/// </summary>
internal sealed class VectorSegment(int dimensions)
{
    private const int LargestBlock = 8192;
    private const int MostThreads = 4;
    private const long ParallelFrom = 12L << 20;

    private readonly int _stride = Int8Kernel.Stride(dimensions);
    private Block[] _blocks = [];

    private sealed class Block(int capacity, int stride)
    {
        public readonly byte[] Rows = GC.AllocateUninitializedArray<byte>(capacity * stride, pinned: true);
        public readonly float[] Scales = new float[capacity];
        public readonly long[] Numbers = new long[capacity];
        public volatile int Count;
    }

    /// <summary>Numbers of a vector.</summary>
    public int Dimensions => dimensions;

    /// <summary>Rows, those struck out too.</summary>
    public int Count { get; private set; }

    /// <summary>Rows struck out.</summary>
    public int Removed { get; private set; }

    /// <summary>The highest row number; 0 where there are none.</summary>
    public long LastRow { get; private set; }

    /// <summary>Adds a row; one whose number is not above the last is there already.</summary>
    public void Append(long row, ReadOnlySpan<float> vector)
    {
        if (row <= LastRow)
        {
            return;
        }

        var block = _blocks.Length == 0 ? null : _blocks[^1];
        if (block is null || block.Count == block.Scales.Length)
        {
            block = new Block(Math.Min(LargestBlock, block is null ? 128 : block.Scales.Length * 4), _stride);
            _blocks = [.. _blocks, block];
        }

        var at = block.Count;
        var scale = Int8Kernel.QuantiseRow(vector, block.Rows.AsSpan(at * _stride, _stride));
        block.Scales[at] = scale == 0 ? 0 : scale / TensorPrimitives.Norm(vector);
        block.Numbers[at] = row;
        LastRow = row;
        Count++;
        block.Count = at + 1;
    }

    /// <summary>Strikes a row out; one that is not there changes nothing.</summary>
    public void Remove(long row)
    {
        foreach (var block in _blocks)
        {
            var at = Array.BinarySearch(block.Numbers, 0, block.Count, row);
            if (at >= 0 && !float.IsNaN(block.Scales[at]))
            {
                block.Scales[at] = float.NaN;
                Removed++;
                return;
            }
        }
    }

    /// <summary>The rows nearest to a query by the product of bytes, with about their cosines.</summary>
    /// <param name="threads">Threads at most; as many as the machine has cores, up to four, where it is not said.</param>
    /// <param name="allowed">Rows that may be found; null: all.</param>
    public TopRows Scan(ReadOnlySpan<float> query, int limit, int? threads = null, RowSet? allowed = null)
    {
        var bytes = Int8Kernel.QuantiseQuery(query);
        var scale = bytes.Scale == 0 ? 0 : bytes.Scale / TensorPrimitives.Norm(query);
        var blocks = _blocks;
        var top = new TopRows(limit);
        var parts = (long)Count * _stride < ParallelFrom ? 1 : Math.Min(threads ?? MostThreads, Environment.ProcessorCount);
        if (parts <= 1)
        {
            foreach (var block in blocks)
            {
                Scan(block, bytes, scale, allowed, top);
            }

            return top;
        }

        var tops = new TopRows[parts];
        var taken = -1;
        Parallel.For(0, parts, part =>
        {
            tops[part] = new TopRows(limit);
            for (var i = Interlocked.Increment(ref taken); i < blocks.Length; i = Interlocked.Increment(ref taken))
            {
                Scan(blocks[i], bytes, scale, allowed, tops[part]);
            }
        });
        foreach (var part in tops)
        {
            top.Add(part);
        }

        return top;
    }

    private void Scan(Block block, Int8Query query, float scale, RowSet? allowed, TopRows top)
    {
        const int Step = 1024;
        Span<int> sums = stackalloc int[Step];
        Span<float> scores = stackalloc float[Step];
        var count = block.Count;
        for (var start = 0; start < count; start += Step)
        {
            var rows = Math.Min(Step, count - start);
            if (allowed is not null && !allowed.Overlaps(block.Numbers[start], block.Numbers[start + rows - 1]))
            {
                continue;
            }

            Int8Kernel.Scan(block.Rows.AsSpan(start * _stride, rows * _stride), query, sums[..rows], Int8Kernel.Best);
            TensorPrimitives.ConvertTruncating<int, float>(sums[..rows], scores);
            TensorPrimitives.Multiply(scores[..rows], scale, scores);
            TensorPrimitives.Multiply(scores[..rows], block.Scales.AsSpan(start, rows), scores);
            for (var i = 0; i < rows; i++)
            {
                // Also false for NaN, the score of a row that is struck out.
                if (scores[i] > top.Threshold && (allowed is null || allowed.Contains(block.Numbers[start + i])))
                {
                    top.Add(block.Numbers[start + i], scores[i]);
                }
            }
        }
    }
}
