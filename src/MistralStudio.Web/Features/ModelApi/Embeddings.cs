using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The body of <c>POST /v1/embeddings</c>, as sent.</summary>
internal sealed record EmbeddingsRequest
{
    public string? Model { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Input { get; init; }

    /// <summary><c>float</c> (default) or <c>base64</c>.</summary>
    public string? EncodingFormat { get; init; }

    /// <summary>Fewer numbers than the model makes, if wanted.</summary>
    public int? Dimensions { get; init; }
}

/// <summary>The answer: one vector a text, in order.</summary>
internal sealed record EmbeddingsResponse(string Id, string Object, IReadOnlyList<EmbeddingsResponse.Item> Data, string Model, EmbeddingsResponse.WireTokens Usage)
{
    /// <summary>One vector: an array of numbers, or base64 of little-endian float32.</summary>
    internal sealed record Item(string Object, int Index, [property: JsonPropertyName("embedding")] object Vector);

    /// <summary>Tokens read.</summary>
    internal sealed record WireTokens(int PromptTokens, int TotalTokens);
}

/// <summary>Reads texts and shapes vectors for the wire.</summary>
internal static class EmbeddingWire
{
    /// <summary>Most texts of one request.</summary>
    public const int MaxTexts = 2048;

    /// <summary>Reads <c>input</c>; exactly one of the two results is present.</summary>
    public static (IReadOnlyList<string>? Texts, ApiError? Error) ReadInput(JsonElement? input)
    {
        List<string> texts;
        switch (input?.ValueKind)
        {
            case JsonValueKind.String:
                texts = [input.Value.GetString()!];
                break;
            case JsonValueKind.Array when input.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                texts = [.. input.Value.EnumerateArray().Select(item => item.GetString()!)];
                break;
            case JsonValueKind.Array when input.Value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.Number or JsonValueKind.Array):
                return (null, ApiError.Unsupported("input", "Token arrays are not supported, since token ids differ between models. Send the text itself."));
            default:
                return (null, ApiError.Invalid("input", "input is a string or an array of strings."));
        }

        return texts switch
        {
            [] => (null, ApiError.Invalid("input", "input is empty. Send at least one text.")),
            { Count: > MaxTexts } => (null, ApiError.Invalid("input", $"input has {texts.Count} texts; one request may have up to {MaxTexts}.")),
            _ when texts.Exists(string.IsNullOrEmpty) => (null, ApiError.Invalid("input", "input has an empty text. Leave it out.")),
            _ => (texts, null),
        };
    }

    /// <summary>Keeps the first <paramref name="dimensions"/> numbers and brings them back to length 1.</summary>
    public static ReadOnlyMemory<float> Shorten(ReadOnlyMemory<float> vector, int? dimensions)
    {
        if (dimensions is not { } wanted || wanted >= vector.Length)
        {
            return vector;
        }

        var shorter = vector[..wanted].ToArray();
        var length = MathF.Sqrt(shorter.Sum(x => x * x));
        for (var i = 0; i < shorter.Length && length > 0; i++)
        {
            shorter[i] /= length;
        }

        return shorter;
    }

    /// <summary>A vector in the format asked for.</summary>
    public static object Encode(ReadOnlyMemory<float> vector, bool base64)
    {
        if (!base64)
        {
            return vector.ToArray();
        }

        var bytes = new byte[vector.Length * sizeof(float)];
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector.Span[i]);
        }

        return Convert.ToBase64String(bytes);
    }
}
