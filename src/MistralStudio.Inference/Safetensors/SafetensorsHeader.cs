using System.Buffers.Binary;
using System.Text.Json;

namespace MistralStudio.Inference.Safetensors;

/// <summary>
/// Reads the header of a safetensors file and refuses what the file's own bytes do not carry. Nothing is allocated that is larger than the
/// header itself, whatever the header claims.
/// <code>
/// u64 header bytes | {"__metadata__": {"k": "v"}, "name": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}, ...} | data
/// </code>
/// Specification: https://github.com/huggingface/safetensors#format
/// </summary>
internal static class SafetensorsHeader
{
    private const int LengthBytes = 8;
    private const long LongestHeader = 100_000_000;
    private const int MostDimensions = 8;

    /// <summary>The bytes of the JSON header.</summary>
    /// <param name="start">The first eight bytes of the file, fewer where it has fewer.</param>
    /// <param name="fileBytes">Size of the file.</param>
    /// <exception cref="InvalidDataException">The length is impossible; the message says how.</exception>
    public static int Length(ReadOnlySpan<byte> start, long fileBytes)
    {
        if (start.Length < LengthBytes)
        {
            throw new InvalidDataException("it is too short for a safetensors file");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > (ulong)(fileBytes - LengthBytes))
        {
            throw new InvalidDataException($"it claims a header of {length:N0} bytes, more than it has");
        }

        return length is >= 2 and <= LongestHeader
            ? (int)length
            : throw new InvalidDataException($"it claims a header of {length:N0} bytes; 2 to {LongestHeader:N0} are possible");
    }

    /// <summary>The tensors that a header describes, each checked against the size of the file.</summary>
    /// <exception cref="InvalidDataException">The header is not what it should be; the message says how.</exception>
    public static Dictionary<string, SafetensorsTensor> Read(ReadOnlySpan<byte> json, long fileBytes)
    {
        try
        {
            var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            Expect(ref reader, JsonTokenType.StartObject, "the header");
            var sawMetadata = false;
            while (Next(ref reader) == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (name == "__metadata__")
                {
                    if (sawMetadata)
                    {
                        throw new InvalidDataException("its header has __metadata__ twice");
                    }

                    sawMetadata = true;
                    SkipMetadata(ref reader);
                }
                else if (!tensors.TryAdd(name, ReadTensor(ref reader, name, LengthBytes + json.Length, fileBytes)))
                {
                    throw new InvalidDataException($"the tensor {name} appears twice");
                }
            }

            while (reader.Read())
            {
                // Only spaces may follow; anything else throws.
            }

            CheckCover(tensors, LengthBytes + json.Length, fileBytes);
            return tensors;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is not UTF-8, or half a surrogate pair in an escape.
            throw new InvalidDataException("its header is not valid JSON", malformed);
        }
    }

    private static SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name, long dataStart, long fileBytes)
    {
        SafetensorsType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, name);
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, name);
                    var text = reader.GetString()!;
                    type = SafetensorsTensor.TypeNamed(text)
                        ?? throw new InvalidDataException($"the tensor {name} has the unsupported type \"{(text.Length > 20 ? text[..20] : text)}\"");
                    break;
                case "shape" when shape is null:
                    shape = Numbers(ref reader, name, MostDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = Numbers(ref reader, name, 2);
                    break;
                default:
                    throw new InvalidDataException($"the tensor {name} is described by something else than dtype, shape and data_offsets once each");
            }
        }

        if (type is null || shape is null || offsets is not { Count: 2 })
        {
            throw new InvalidDataException($"the tensor {name} lacks its dtype, shape or data_offsets");
        }

        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end || end > fileBytes - dataStart)
        {
            throw new InvalidDataException($"the tensor {name} claims bytes {begin:N0} to {end:N0} of {fileBytes - dataStart:N0}");
        }

        UInt128 bytes = (UInt128)SafetensorsTensor.ElementBytes(type.Value);
        foreach (var dimension in shape)
        {
            // Capped far above any file, so that eight dimensions of 2^63 cannot wrap around to a small number.
            bytes = bytes > ulong.MaxValue ? bytes : bytes * (UInt128)dimension;
        }

        return bytes == (UInt128)(end - begin)
            ? new SafetensorsTensor(type.Value, shape, dataStart + begin, end - begin)
            : throw new InvalidDataException($"the tensor {name} has {end - begin:N0} bytes, which is not the size of its shape");
    }

    private static List<long> Numbers(ref Utf8JsonReader reader, string name, int most)
    {
        var numbers = new List<long>(2);
        Expect(ref reader, JsonTokenType.StartArray, name);
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0 || numbers.Count == most)
            {
                throw new InvalidDataException($"the tensor {name} has a shape or data_offsets that are no list of at most {most} whole numbers");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static void SkipMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            Expect(ref reader, JsonTokenType.String, "__metadata__");
        }
    }

    private static void CheckCover(Dictionary<string, SafetensorsTensor> tensors, long start, long fileBytes)
    {
        foreach (var (name, tensor) in tensors.OrderBy(pair => pair.Value.Offset).ThenBy(pair => pair.Value.Bytes))
        {
            if (tensor.Offset != start)
            {
                throw new InvalidDataException(
                    tensor.Offset < start ? $"the tensor {name} overlaps another one" : $"there are unclaimed bytes before the tensor {name}");
            }

            start += tensor.Bytes;
        }

        if (start != fileBytes)
        {
            throw new InvalidDataException($"its tensors end at byte {start:N0}, the file has {fileBytes:N0}");
        }
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException();

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType expected, string where)
    {
        if (Next(ref reader) != expected)
        {
            throw new InvalidDataException($"{where} is not described as the format demands");
        }
    }
}
