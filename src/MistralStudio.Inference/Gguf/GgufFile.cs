using System.Buffers.Binary;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Gguf;

/// <summary>A GGUF file: typed metadata and tensors, mapped into memory. Spans it hands out are valid until disposal.</summary>
internal sealed class GgufFile : IDisposable
{
    private readonly MappedFile _file;

    private GgufFile(string path, MappedFile file, Dictionary<string, GgufValue> metadata, Dictionary<string, GgufTensor> tensors)
    {
        Path = path;
        _file = file;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Size of the file, bytes.</summary>
    public long Length => _file.Length;

    /// <summary>Metadata by key.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata { get; }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Maps a file and checks its head; a damaged or foreign file is <see cref="ModelErrors.Unreadable"/> with the reason.</summary>
    public static Result<GgufFile> Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = new MappedFile(path);
            var (metadata, tensors) = new GgufReader(file).Read();
            return new GgufFile(path, file, metadata, tensors);
        }
        catch (InvalidDataException damaged)
        {
            file?.Dispose();
            return ModelErrors.Unreadable(System.IO.Path.GetFileName(path), damaged.Message);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            file?.Dispose();
            return ModelErrors.Unreadable(System.IO.Path.GetFileName(path), Reason(path, unreadable));
        }
    }

    /// <summary>A text, or null where the key is absent or no text.</summary>
    public string? Text(string key) =>
        Metadata.TryGetValue(key, out var value) && value is { Type: GgufValueType.String, Count: null } ? ReadText(value.Position, out _) : null;

    /// <summary>A whole number, or null where the key is absent or no whole number that fits.</summary>
    public long? Integer(string key)
    {
        if (!Metadata.TryGetValue(key, out var value) || value.Count is not null)
        {
            return null;
        }

        var bytes = _file.Slice(value.Position, GgufValue.FixedSize(value.Type));
        return value.Type switch
        {
            GgufValueType.UInt8 => bytes[0],
            GgufValueType.Int8 => (sbyte)bytes[0],
            GgufValueType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            GgufValueType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            GgufValueType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            GgufValueType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            GgufValueType.UInt64 when BinaryPrimitives.ReadUInt64LittleEndian(bytes) is <= long.MaxValue and var number => (long)number,
            _ => null,
        };
    }

    /// <summary>A real number, or null where the key is absent or no real number.</summary>
    public double? Real(string key) =>
        !Metadata.TryGetValue(key, out var value) || value.Count is not null ? null
        : value.Type == GgufValueType.Float32 ? BinaryPrimitives.ReadSingleLittleEndian(_file.Slice(value.Position, 4))
        : value.Type == GgufValueType.Float64 ? BinaryPrimitives.ReadDoubleLittleEndian(_file.Slice(value.Position, 8))
        : Integer(key);

    /// <summary>A truth value, or null where the key is absent or none.</summary>
    public bool? Flag(string key) =>
        Metadata.TryGetValue(key, out var value) && value is { Type: GgufValueType.Bool, Count: null } ? _file.Slice(value.Position, 1)[0] != 0 : null;

    /// <summary>An array of texts, decoded now; null where the key is absent or none.</summary>
    public string[]? Texts(string key)
    {
        if (!Metadata.TryGetValue(key, out var value) || value is not { Type: GgufValueType.String, Count: <= int.MaxValue })
        {
            return null;
        }

        var texts = new string[value.Count.Value];
        var position = value.Position;
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = ReadText(position, out position);
        }

        return texts;
    }

    /// <summary>An array of 32-bit numbers (token types); null where the key is absent or none.</summary>
    public int[]? Int32s(string key) => Array<int>(key, GgufValueType.Int32, GgufValueType.UInt32);

    /// <summary>An array of real numbers (token scores, rope factors); null where the key is absent or none.</summary>
    public float[]? Floats(string key) => Array<float>(key, GgufValueType.Float32, GgufValueType.Float32);

    /// <summary>An array of truth values; null where the key is absent or none.</summary>
    public bool[]? Flags(string key) => Array<byte>(key, GgufValueType.Bool, GgufValueType.Bool)?.Select(value => value != 0).ToArray();

    /// <summary>Rows of a tensor as they are stored.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not inside the tensor, or are 2 GB or more.</exception>
    public ReadOnlySpan<byte> Rows(GgufTensor tensor, long first, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, tensor.Rows - first);
        var rowBytes = tensor.Bytes / tensor.Rows;
        return _file.Slice(tensor.Offset + first * rowBytes, checked((int)(count * rowBytes)));
    }

    /// <summary>A whole tensor as it is stored.</summary>
    /// <exception cref="OverflowException">The tensor is 2 GB or more.</exception>
    public ReadOnlySpan<byte> Bytes(GgufTensor tensor) => _file.Slice(tensor.Offset, checked((int)tensor.Bytes));

    public void Dispose() => _file.Dispose();

    private static string Reason(string path, Exception exception) =>
        !File.Exists(path) ? "it does not exist"
        : new FileInfo(path).Length == 0 ? "it is empty"
        : exception.Message.TrimEnd('.');

    private T[]? Array<T>(string key, GgufValueType type, GgufValueType alternative)
        where T : unmanaged
    {
        if (!Metadata.TryGetValue(key, out var value) || value.Count is not { } count || (value.Type != type && value.Type != alternative))
        {
            return null;
        }

        var bytes = _file.Slice(value.Position, checked((int)count * GgufValue.FixedSize(type)));
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    private string ReadText(long position, out long next)
    {
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(_file.Slice(position, 8)), int.MaxValue);
        next = position + 8 + length;
        return Encoding.UTF8.GetString(_file.Slice(position + 8, length));
    }
}
