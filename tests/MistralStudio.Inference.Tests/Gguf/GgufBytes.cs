using System.Text;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Tests.Gguf;

/// <summary>Writes small GGUF files, correct or with one lie in them.</summary>
internal sealed class GgufBytes
{
    private readonly List<(string Key, Action<BinaryWriter> Write)> _pairs = [];
    private readonly List<(string Name, long[] Shape, GgmlType Type, byte[] Data)> _tensors = [];

    public uint Version { get; set; } = 3;

    public ulong? ClaimedTensors { get; set; }

    public ulong? ClaimedPairs { get; set; }

    public ulong? ClaimedOffset { get; set; }

    public GgufBytes Text(string key, string value) => Pair(key, GgufValueType.String, writer => Write(writer, value));

    public GgufBytes UInt32(string key, uint value) => Pair(key, GgufValueType.UInt32, writer => writer.Write(value));

    public GgufBytes Float(string key, float value) => Pair(key, GgufValueType.Float32, writer => writer.Write(value));

    public GgufBytes Flag(string key, bool value) => Pair(key, GgufValueType.Bool, writer => writer.Write(value));

    public GgufBytes Texts(string key, ulong? claimed, params string[] values) => Pair(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.String);
        writer.Write(claimed ?? (ulong)values.Length);
        foreach (var value in values)
        {
            Write(writer, value);
        }
    });

    public GgufBytes Int32s(string key, params int[] values) => Pair(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.Int32);
        writer.Write((ulong)values.Length);
        Array.ForEach(values, writer.Write);
    });

    public GgufBytes Floats(string key, params float[] values) => Pair(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.Float32);
        writer.Write((ulong)values.Length);
        Array.ForEach(values, writer.Write);
    });

    public GgufBytes Flags(string key, params bool[] values) => Pair(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.Bool);
        writer.Write((ulong)values.Length);
        Array.ForEach(values, writer.Write);
    });

    public GgufBytes Bytes(string key, int count) => Pair(key, GgufValueType.Array, writer =>
    {
        writer.Write((uint)GgufValueType.UInt8);
        writer.Write((ulong)count);
        writer.Write(new byte[count]);
    });

    public GgufBytes Tensor(string name, GgmlType type, long[] shape, byte[] data)
    {
        _tensors.Add((name, shape, type, data));
        return this;
    }

    public byte[] ToArray()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write(ClaimedTensors ?? (ulong)_tensors.Count);
        writer.Write(ClaimedPairs ?? (ulong)_pairs.Count);
        _pairs.ForEach(pair => pair.Write(writer));
        long offset = 0;
        foreach (var (name, shape, type, data) in _tensors)
        {
            Write(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var dimension in shape)
            {
                writer.Write(dimension);
            }

            writer.Write((uint)type);
            writer.Write(ClaimedOffset ?? (ulong)offset);
            offset += (data.Length + 31) / 32 * 32;
        }

        foreach (var (_, _, _, data) in _tensors)
        {
            writer.Write(new byte[(32 - stream.Length % 32) % 32]);
            writer.Write(data);
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Another file with these pairs before its own; its tensors stay aligned, since the pairs are filled up to whole alignments.</summary>
    public byte[] AddTo(byte[] file)
    {
        const int PairsAt = 16;
        const int HeadBytes = 24;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        _pairs.ForEach(pair => pair.Write(writer));
        Write(writer, "filler");
        writer.Write((uint)GgufValueType.String);
        Write(writer, new string('.', (int)(32 - ((stream.Length + 8) % 32))));
        writer.Flush();
        var head = file[..HeadBytes];
        BitConverter.TryWriteBytes(head.AsSpan(PairsAt), BitConverter.ToUInt64(head, PairsAt) + (ulong)_pairs.Count + 1);
        return [.. head, .. stream.ToArray(), .. file[HeadBytes..]];
    }

    public GgufBytes Pair(string key, GgufValueType type, Action<BinaryWriter> value)
    {
        _pairs.Add((key, writer =>
        {
            Write(writer, key);
            writer.Write((uint)type);
            value(writer);
        }));
        return this;
    }

    public GgufBytes Without(string key)
    {
        _pairs.RemoveAll(pair => pair.Key == key);
        return this;
    }

    private static void Write(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
