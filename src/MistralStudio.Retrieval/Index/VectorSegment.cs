using System.Runtime.InteropServices;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// The vectors of one knowledge base in memory, one byte a number. One writer appends rows with growing numbers and strikes out others;
/// readers scan without a lock what was there when they began.
/// </summary>
internal sealed class VectorSegment(int dimensions)
{
    private const int LargestBlock = 8192;
    private const long ParallelFrom = 12L << 20;

    private readonly int _stride = Int8Kernel.Stride(dimensions);
    private Block[] _blocks = [];

    private sealed class Block(int capacity, int stride)
    {
        public readonly sbyte[] Rows = GC.AllocateUninitializedArray<sbyte>(capacity * stride, pinned: true);
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
        block.Scales[at] = Int8Kernel.Quantise(vector, block.Rows.AsSpan(at * _stride, _stride));
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

    /// <summary>The rows nearest to a query by the product of bytes.</summary>
    public TopRows Scan(ReadOnlySpan<float> query, int limit, KernelPath? path = null)
    {
        var bytes = new sbyte[_stride];
        var scale = Int8Kernel.Quantise(query, bytes);
        var wide = Int8Kernel.Widen(bytes);
        var blocks = _blocks;
        var top = new TopRows(limit);
        if ((long)Count * _stride < ParallelFrom || Environment.ProcessorCount == 1)
        {
            foreach (var block in blocks)
            {
                Scan(block, wide, scale, top, path ?? Int8Kernel.Best);
            }

            return top;
        }

        var parts = Math.Min(Environment.ProcessorCount, 4);
        var tops = new TopRows[parts];
        Parallel.For(0, parts, part =>
        {
            tops[part] = new TopRows(limit);
            for (var i = part; i < blocks.Length; i += parts)
            {
                Scan(blocks[i], wide, scale, tops[part], path ?? Int8Kernel.Best);
            }
        });
        foreach (var part in tops)
        {
            top.Add(part);
        }

        return top;
    }

    private void Scan(Block block, short[] query, float scale, TopRows top, KernelPath path)
    {
        const int Step = 256;
        Span<int> sums = stackalloc int[Step];
        var count = block.Count;
        for (var start = 0; start < count; start += Step)
        {
            var rows = Math.Min(Step, count - start);
            Int8Kernel.Scan(
                MemoryMarshal.CreateReadOnlySpan(ref block.Rows[start * _stride], rows * _stride), query, sums[..rows], path);
            for (var i = 0; i < rows; i++)
            {
                var score = sums[i] * block.Scales[start + i] * scale;
                if (score > top.Threshold)
                {
                    top.Add(block.Numbers[start + i], score);
                }
            }
        }
    }
}
