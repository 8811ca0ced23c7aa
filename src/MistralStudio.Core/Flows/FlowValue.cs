using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>
/// What travels along an edge: JSON, with the documents that it came from. A value above <see cref="MostInline"/> lives in the blob store
/// once it is journalled, and is read from there by the node that needs it.
/// </summary>
[JsonConverter(typeof(FlowValueJsonConverter))]
public sealed record FlowValue
{
    /// <summary>Bytes of JSON that the journal itself holds; what is longer lives in the blob store.</summary>
    public const int MostInline = 16 * 1024;

    /// <summary>Bytes of JSON that a value may have at all.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private FlowValue()
    {
    }

    /// <summary>What begins the owner's name of every value of a run in the blob store.</summary>
    public const string OwnerPrefix = "run:";

    /// <summary>Owner of a run's values in the blob store.</summary>
    public static string OwnerOf(RunId run) => $"{OwnerPrefix}{run}";

    /// <summary>The value; undefined where it is <see cref="Blob"/>, and where it was erased.</summary>
    public JsonElement Json { get; private init; }

    /// <summary>Where the value's JSON is kept; null where it is <see cref="Json"/>.</summary>
    public BlobReference? Blob { get; private init; }

    /// <summary>True where a document that it came from was erased, and the value with it.</summary>
    public bool IsErased { get; private init; }

    /// <summary>The list that it is an item of, and which; null where it stands for itself. Only in memory: journals have the item.</summary>
    public (FlowValue List, int Index)? Part { get; private init; }

    /// <summary>True where <see cref="Json"/> can be read.</summary>
    public bool IsAtHand => Json.ValueKind != JsonValueKind.Undefined;

    /// <summary>Documents that it came from, without repetition.</summary>
    public IReadOnlyList<DocumentId> Sources { get; init; } = [];

    /// <summary>JSON null.</summary>
    public static FlowValue Null { get; } = Of(JsonElement.Parse("null"));

    /// <summary>What is left of a value whose document was erased.</summary>
    public static FlowValue Erased { get; } = new() { IsErased = true };

    /// <summary>Bytes of its JSON.</summary>
    public long Bytes => Blob?.Bytes ?? (IsAtHand ? JsonMarshal.GetRawUtf8Value(Json).Length : 0);

    /// <summary>Its JSON as UTF-8; for a value that is at hand.</summary>
    public ReadOnlySpan<byte> Utf8 => JsonMarshal.GetRawUtf8Value(Json);

    /// <summary>The text of a value that is a string; its JSON otherwise.</summary>
    public string Text => Json.ValueKind == JsonValueKind.String ? Json.GetString()! : Json.ValueKind == JsonValueKind.Undefined ? "" : Json.GetRawText();

    /// <summary>A JSON value.</summary>
    public static FlowValue Of(JsonElement json) => new() { Json = json };

    /// <summary>A text.</summary>
    public static FlowValue Of(string text) => new() { Json = JsonSerializer.SerializeToElement(text, FlowJson.Relaxed) };

    /// <summary>A number.</summary>
    public static FlowValue Of(double number) => new() { Json = JsonSerializer.SerializeToElement(number, FlowJson.Relaxed) };

    /// <summary>True or false.</summary>
    public static FlowValue Of(bool flag) => new() { Json = JsonSerializer.SerializeToElement(flag, FlowJson.Relaxed) };

    /// <summary>Anything that serialises, with names in camelCase.</summary>
    public static FlowValue From<T>(T value) => new() { Json = JsonSerializer.SerializeToElement(value, FlowJson.Relaxed) };

    /// <summary>A value that the blob store holds.</summary>
    public static FlowValue Stored(BlobReference blob) => new() { Blob = blob };

    /// <summary>One item of a list, without reading the list.</summary>
    public static FlowValue ItemOf(FlowValue list, int index)
    {
        ArgumentNullException.ThrowIfNull(list);
        return new() { Part = (list, index), Sources = list.Sources };
    }

    /// <summary>The same value, read from where it was kept.</summary>
    public FlowValue Loaded(JsonElement json) => new() { Json = json, Sources = Sources };

    /// <summary>The same value after it was put into the blob store.</summary>
    public FlowValue Kept(BlobReference blob) => new() { Blob = blob, Sources = Sources };

    /// <summary>The same value where what it came from includes these documents too.</summary>
    public FlowValue From(IReadOnlyCollection<DocumentId> sources) =>
        sources.Count == 0 || sources.All(Sources.Contains) ? this : this with { Sources = [.. Sources.Union(sources)] };

    /// <summary>Two values are the same where their JSON is, byte by byte.</summary>
    public bool Equals(FlowValue? other) => other is not null
        && IsErased == other.IsErased && Blob == other.Blob && Part == other.Part && Sources.SequenceEqual(other.Sources)
        && Json.ValueKind == other.Json.ValueKind
        && (Json.ValueKind == JsonValueKind.Undefined || Utf8.SequenceEqual(other.Utf8));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Json.ValueKind, Blob, Sources.Count, Bytes);

    /// <inheritdoc/>
    public override string ToString() => IsErased ? "(erased)" : Blob is { } blob ? $"({Size.Format(blob.Bytes)})" : Part is { } part ? $"({part.Index} of a list)" : Json.GetRawText();
}

/// <summary>Writes <c>{"v": ...}</c>, <c>{"blob": {"sha256", "bytes"}}</c> or <c>{"erased": true}</c>, with <c>"docs": [...]</c> where there are any.</summary>
public sealed class FlowValueJsonConverter : JsonConverter<FlowValue>
{
    /// <inheritdoc/>
    public override FlowValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var json = JsonElement.ParseValue(ref reader);
        FlowValue value;
        if (json.TryGetProperty("v", out var inline))
        {
            // A copy of its own: the rest of the event can go.
            value = FlowValue.Of(inline.Clone());
        }
        else if (json.TryGetProperty("blob", out var blob))
        {
            value = FlowValue.Stored(new BlobReference(blob.GetProperty("sha256").GetString()!, blob.GetProperty("bytes").GetInt64()));
        }
        else
        {
            return FlowValue.Erased;
        }

        return json.TryGetProperty("docs", out var sources)
            ? value with { Sources = [.. sources.EnumerateArray().Select(id => DocumentId.From(id.GetGuid()))] }
            : value;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, FlowValue value, JsonSerializerOptions options)
    {
        if (value.Part is not null)
        {
            throw new InvalidOperationException("An item of a list is read from it before it is written.");
        }

        writer.WriteStartObject();
        if (value.IsErased)
        {
            writer.WriteBoolean("erased", true);
        }
        else if (value.Blob is { } blob)
        {
            writer.WriteStartObject("blob");
            writer.WriteString("sha256", blob.Sha256);
            writer.WriteNumber("bytes", blob.Bytes);
            writer.WriteEndObject();
        }
        else
        {
            writer.WritePropertyName("v");
            writer.WriteRawValue(value.Utf8, skipInputValidation: true);
        }

        if (value.Sources.Count > 0)
        {
            writer.WriteStartArray("docs");
            foreach (var source in value.Sources)
            {
                writer.WriteStringValue(source.Value);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
