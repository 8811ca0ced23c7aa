using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// Keys and values of every conversation: for each layer two planes <c>[slot, kvHead, capacity, headSize]</c>. The system gives
/// a page when it is first written, so the arena takes memory as conversations grow, not when it is made.
/// </summary>
internal sealed unsafe class SlotArena : IDisposable
{
    private readonly int _planes;
    private readonly int _heads;
    private readonly int _headSize;
    private readonly TensorElementType _type;
    private readonly long _headBytes;
    private readonly int _rowBytes;
    private readonly void* _memory;
    private readonly int[] _filled;
    private long _touchedBytes;

    /// <param name="capacity">Positions of a slot, a multiple of <see cref="Tile"/>.</param>
    /// <param name="floats">Type of what is stored.</param>
    public SlotArena(DecoderShape shape, int slots, int capacity, ElementType floats)
    {
        _planes = 2 * shape.Layers;
        _heads = shape.KeyValueHeads;
        _headSize = shape.HeadSize;
        _type = (TensorElementType)floats;
        _rowBytes = shape.HeadSize * floats.FloatBytes();
        _headBytes = (long)capacity * _rowBytes;
        Slots = slots;
        TotalBytes = _planes * slots * SlotBytes;
        _filled = new int[slots];
        _memory = NativeMemory.AllocZeroed((nuint)TotalBytes);
    }

    /// <summary>Number of slots.</summary>
    public int Slots { get; }

    /// <summary>Bytes of all planes.</summary>
    public long TotalBytes { get; }

    /// <summary>Bytes that were written so far. Can be read from any thread.</summary>
    public long TouchedBytes => Volatile.Read(ref _touchedBytes);

    /// <summary>Bytes of one slot in one plane.</summary>
    public long SlotBytes => _heads * _headBytes;

    /// <summary>Start of a slot in the plane of a layer's keys (2 * layer) or values (2 * layer + 1).</summary>
    private nint Slot(int plane, int slot) => (nint)((byte*)_memory + ((((long)plane * Slots) + slot) * SlotBytes));

    /// <summary>Slots that stand beside each other, <c>[rows, kvHeads, capacity, headSize]</c>; valid until disposal.</summary>
    public OrtValue View(int plane, int first, int rows) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, _type, [rows, _heads, _headBytes / _rowBytes, _headSize], Slot(plane, first),
        SlotBytes * rows);

    /// <summary>Positions that are stored together: a copy takes whole tiles.</summary>
    public const int Tile = AttentionTiles.KeyTile;

    /// <summary>Notes that the first positions of a slot are written.</summary>
    public void Touch(int slot, int length)
    {
        if (length > _filled[slot])
        {
            Volatile.Write(ref _touchedBytes, _touchedBytes + ((Bytes(length) - Bytes(_filled[slot])) * _heads * _planes));
            _filled[slot] = length;
        }
    }

    /// <summary>Copies the first positions of a slot into another one.</summary>
    public void Copy(int from, int to, int length)
    {
        Touch(to, length);
        var bytes = Bytes(length);
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
        Touch(first, length);
        Touch(second, length);
        var bytes = checked((int)Bytes(length));
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

    private long Bytes(int length) => (length + Tile - 1L) / Tile * Tile * _rowBytes;

    public void Dispose() => NativeMemory.Free(_memory);
}
