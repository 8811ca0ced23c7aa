using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace MistralStudio.Inference.Operators;

/// <summary>Native memory for the length of one call, kept for the next one.</summary>
internal readonly unsafe struct Scratch : IDisposable
{
    private const int Alignment = 64;

    private static readonly ConcurrentBag<Scratch> s_free = [];

    private Scratch(void* memory, long bytes)
    {
        Memory = memory;
        Bytes = bytes;
    }

    /// <summary>Aligned to 64 bytes; what it holds is left over from before.</summary>
    public void* Memory { get; }

    private long Bytes { get; }

    /// <summary>Takes memory of at least that many bytes.</summary>
    public static Scratch Rent(long bytes)
    {
        if (s_free.TryTake(out var kept))
        {
            if (kept.Bytes >= bytes)
            {
                return kept;
            }

            NativeMemory.AlignedFree(kept.Memory);
        }

        var size = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, 1 << 16));
        return new Scratch(NativeMemory.AlignedAlloc((nuint)size, Alignment), size);
    }

    public void Dispose() => s_free.Add(this);
}
