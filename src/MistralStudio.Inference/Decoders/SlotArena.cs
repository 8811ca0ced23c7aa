using System.Runtime.InteropServices;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Keys and values of every conversation: for each layer two planes <c>[slot, kvHead, capacity, headSize]</c> of float32. The system gives
/// a page when it is first written, so the arena takes memory as conversations grow, not when it is made.
/// </summary>
internal sealed unsafe class SlotArena : IDisposable
{
    private readonly int _planes;
    private readonly int _heads;
    private readonly long _headBytes;
    private readonly int _rowBytes;
    private readonly void* _memory;

    public SlotArena(DecoderShape shape, int slots, int capacity)
    {
        _planes = 2 * shape.Layers;
        _heads = shape.KeyValueHeads;
        _rowBytes = shape.HeadSize * sizeof(float);
        _headBytes = (long)capacity * _rowBytes;
        Slots = slots;
        Bytes = _planes * slots * SlotBytes;
        _memory = NativeMemory.AllocZeroed((nuint)Bytes);
    }

    /// <summary>Number of slots.</summary>
    public int Slots { get; }

    /// <summary>Bytes of all planes.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of one slot in one plane.</summary>
    public long SlotBytes => _heads * _headBytes;

    /// <summary>Start of a slot in the plane of a layer's keys (2 * layer) or values (2 * layer + 1).</summary>
    public nint Slot(int plane, int slot) => (nint)((byte*)_memory + ((((long)plane * Slots) + slot) * SlotBytes));

    /// <summary>Copies the first positions of a slot into another one.</summary>
    public void Copy(int from, int to, int length)
    {
        var bytes = (long)length * _rowBytes;
        for (var plane = 0; plane < _planes; plane++)
        {
            for (var head = 0; head < _heads; head++)
            {
                var offset = head * _headBytes;
                Buffer.MemoryCopy((byte*)Slot(plane, from) + offset, (byte*)Slot(plane, to) + offset, bytes, bytes);
            }
        }
    }

    /// <summary>Exchanges the first positions of two slots.</summary>
    public void Swap(int first, int second, int length)
    {
        var bytes = checked(length * _rowBytes);
        var kept = new byte[bytes];
        for (var plane = 0; plane < _planes; plane++)
        {
            for (var head = 0; head < _heads; head++)
            {
                var a = new Span<byte>((byte*)Slot(plane, first) + (head * _headBytes), bytes);
                var b = new Span<byte>((byte*)Slot(plane, second) + (head * _headBytes), bytes);
                a.CopyTo(kept);
                b.CopyTo(a);
                kept.CopyTo(b);
            }
        }
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
