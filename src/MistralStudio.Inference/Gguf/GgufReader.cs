using System.Buffers.Binary;
using System.Text;

namespace MistralStudio.Inference.Gguf;

/// <summary>
/// Reads the head of a GGUF file and refuses everything that the file's own bytes do not carry: every count and length is compared with
/// what is left of the file before anything is allocated for it.
/// <code>
/// "GGUF" | u32 version | u64 tensors | u64 pairs | pairs: string key, u32 type, value | tensors: string name, u32 dims, u64 each, u32 type,
/// u64 offset | padding to general.alignment | tensor data
/// </code>
/// Specification: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
/// </summary>
internal sealed class GgufReader(MappedFile file)
{
    private const uint Magic = 0x46554747;
    private const int MostEntries = 1 << 16;
    private const int LongestName = 1 << 16;
    private const int LongestText = 1 << 24;
    private const int MostElements = 1 << 24;
    private const int SmallestPair = 8 + 1 + 4 + 1;
    private const int SmallestTensor = 8 + 1 + 4 + 8 + 4 + 8;

    private readonly Dictionary<string, GgufValue> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GgufTensor> _tensors = new(StringComparer.Ordinal);
    private long _position;
    private long _alignment = 32;

    private long Left => file.Length - _position;

    /// <exception cref="InvalidDataException">The file is not what it claims to be; the message says how.</exception>
    public (Dictionary<string, GgufValue> Metadata, Dictionary<string, GgufTensor> Tensors) Read()
    {
        if (Left < 24 || UInt32() != Magic)
        {
            throw new InvalidDataException("it is not a GGUF file");
        }

        var version = UInt32();
        if (version is not (2 or 3))
        {
            throw new InvalidDataException($"it has GGUF version {version}; versions 2 and 3 are supported");
        }

        var tensors = Count("tensors", MostEntries, SmallestTensor);
        var pairs = Count("metadata entries", MostEntries, SmallestPair);
        for (var i = 0; i < pairs; i++)
        {
            ReadPair();
        }

        var infos = new List<(string Name, GgmlType Type, long[] Shape, long Offset, long Bytes)>();
        for (var i = 0; i < tensors; i++)
        {
            infos.Add(ReadTensor());
        }

        PlaceTensors(infos);
        return (_metadata, _tensors);
    }

    private void ReadPair()
    {
        var key = Name("metadata key");
        var type = (GgufValueType)UInt32();
        long? count = null;
        if (type == GgufValueType.Array)
        {
            type = (GgufValueType)UInt32();
            var size = type == GgufValueType.String ? 8 : GgufValue.FixedSize(type);
            if (size == 0)
            {
                throw new InvalidDataException($"the metadata {key} is an array of an unknown type ({(uint)type})");
            }

            count = Count($"elements of {key}", MostElements, size);
        }

        if (!_metadata.TryAdd(key, new GgufValue(type, _position, count)))
        {
            throw new InvalidDataException($"the metadata {key} appears twice");
        }

        Skip(key, type, count ?? 1);
        if (key == "general.alignment")
        {
            _alignment = type == GgufValueType.UInt32 && count is null
                ? BinaryPrimitives.ReadUInt32LittleEndian(file.Slice(_position - 4, 4))
                : 0;
            if (_alignment is < 8 or > 1 << 20 || !long.IsPow2(_alignment))
            {
                throw new InvalidDataException("its general.alignment is not a power of two from 8 to 1,048,576");
            }
        }
    }

    private void Skip(string key, GgufValueType type, long count)
    {
        if (type == GgufValueType.String)
        {
            for (long i = 0; i < count; i++)
            {
                var length = Length(key);
                if (length > LongestText)
                {
                    throw new InvalidDataException($"the text of {key} has {length:N0} bytes; at most {LongestText:N0} are read");
                }

                Advance(length, key);
            }

            return;
        }

        var size = GgufValue.FixedSize(type);
        if (size == 0)
        {
            throw new InvalidDataException($"the metadata {key} has an unknown type ({(uint)type})");
        }

        Advance(size * count, key);
    }

    private (string Name, GgmlType Type, long[] Shape, long Offset, long Bytes) ReadTensor()
    {
        var name = Name("tensor name");
        var dimensions = UInt32();
        if (dimensions is 0 or > 4)
        {
            throw new InvalidDataException($"the tensor {name} has {dimensions} dimensions; 1 to 4 are possible");
        }

        var shape = new long[dimensions];
        long elements = 1;
        foreach (ref var dimension in shape.AsSpan())
        {
            var value = UInt64();
            if (value == 0 || value > (ulong)(long.MaxValue / 64 / elements))
            {
                throw new InvalidDataException($"the tensor {name} has an impossible size");
            }

            dimension = (long)value;
            elements *= dimension;
        }

        var type = (GgmlType)UInt32();
        if (GgmlTypes.Block(type) is not { } block)
        {
            throw new InvalidDataException($"the tensor {name} has an unknown type ({(uint)type})");
        }

        if (shape[0] % block.Elements != 0)
        {
            throw new InvalidDataException($"the rows of tensor {name} are not whole {type} blocks");
        }

        var offset = UInt64();
        if (offset > (ulong)file.Length || (long)offset % _alignment != 0)
        {
            throw new InvalidDataException($"the tensor {name} starts at an impossible place");
        }

        // elements is at most long.MaxValue / 64 and a block has at most 8 bytes an element, so this cannot overflow.
        return (name, type, shape, (long)offset, elements / block.Elements * block.Bytes);
    }

    private void PlaceTensors(List<(string Name, GgmlType Type, long[] Shape, long Offset, long Bytes)> infos)
    {
        var data = (_position + _alignment - 1) / _alignment * _alignment;
        long end = data;
        foreach (var info in infos.OrderBy(info => info.Offset))
        {
            var start = data + info.Offset;
            if (start > file.Length || info.Bytes > file.Length - start)
            {
                throw new InvalidDataException(
                    $"it is cut short: the tensor {info.Name} should end at byte {(UInt128)start + (UInt128)info.Bytes:N0}, the file has {file.Length:N0}");
            }

            if (start < end)
            {
                throw new InvalidDataException($"the tensor {info.Name} overlaps the one before it");
            }

            end = start + info.Bytes;
            if (!_tensors.TryAdd(info.Name, new GgufTensor(info.Name, info.Type, info.Shape, start, info.Bytes)))
            {
                throw new InvalidDataException($"the tensor {info.Name} appears twice");
            }
        }
    }

    private long Count(string what, long most, int smallest)
    {
        var count = UInt64();
        if (count > (ulong)most || count > (ulong)(Left / smallest))
        {
            throw new InvalidDataException(
                $"it claims {count:N0} {what}, more than {(count > (ulong)(Left / smallest) ? "it can hold" : $"the {most:N0} that are read")}");
        }

        return (long)count;
    }

    private string Name(string what)
    {
        var length = Length(what);
        if (length is 0 or > LongestName)
        {
            throw new InvalidDataException($"a {what} has {length:N0} bytes");
        }

        var text = Encoding.UTF8.GetString(file.Slice(_position, (int)length));
        _position += length;
        return text;
    }

    private long Length(string what)
    {
        var length = UInt64();
        return length <= (ulong)Left ? (long)length : throw new InvalidDataException($"the text of {what} is longer than the file");
    }

    private void Advance(long bytes, string what)
    {
        if (bytes > Left)
        {
            throw new InvalidDataException($"it ends inside {what}");
        }

        _position += bytes;
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    private ReadOnlySpan<byte> Take(int bytes)
    {
        var start = _position;
        Advance(bytes, "its head");
        return file.Slice(start, bytes);
    }
}
