using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fluid;
using Fluid.Values;

namespace MistralStudio.Flows.Templates;

/// <summary>JSON as templates see it: members and items are made when they are asked for.</summary>
internal static class JsonFluid
{
    public static FluidValue Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => new StringValue(json.GetString()!),
        JsonValueKind.Number => json.TryGetDecimal(out var number) ? NumberValue.Create(number) : new StringValue(json.GetRawText()),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Array => new JsonListFluid(json),
        JsonValueKind.Object => new JsonObjectFluid(json),
        _ => NilValue.Instance,
    };
}

/// <summary>Several values under one name: the ports of a node.</summary>
internal sealed class NamedFluid : FluidValue
{
    public Dictionary<string, FluidValue> Members { get; } = new(StringComparer.Ordinal);

    public override FluidValues Type => FluidValues.Object;

    public override bool Equals(FluidValue? other) => ReferenceEquals(this, other);

    public override bool ToBooleanValue() => true;

    public override decimal ToNumberValue() => 0;

    public override string ToStringValue() => string.Join(", ", Members.Keys);

    public override object ToObjectValue() => Members;

    public override ValueTask<FluidValue> GetValueAsync(string name, TemplateContext context) =>
        new(Members.GetValueOrDefault(name, NilValue.Instance));

    public override ValueTask<FluidValue> GetIndexAsync(FluidValue index, TemplateContext context) => GetValueAsync(index.ToStringValue(), context);

    public override ValueTask WriteToAsync(TextWriter writer, TextEncoder encoder, CultureInfo cultureInfo)
    {
        writer.Write(ToStringValue());
        return default;
    }
}

/// <summary>An object; as text it is its JSON.</summary>
internal sealed class JsonObjectFluid(JsonElement json) : FluidValue
{
    public override FluidValues Type => FluidValues.Object;

    public override bool Equals(FluidValue? other) => other is JsonObjectFluid { Json: var theirs } && JsonElement.DeepEquals(json, theirs);

    public override bool ToBooleanValue() => true;

    public override decimal ToNumberValue() => 0;

    public override string ToStringValue() => json.GetRawText();

    public override object ToObjectValue() => json;

    public override bool Contains(FluidValue value) => json.TryGetProperty(value.ToStringValue(), out _);

    public override ValueTask<FluidValue> GetValueAsync(string name, TemplateContext context) => new(
        json.TryGetProperty(name, out var member) ? JsonFluid.Of(member)
        : name == "size" ? NumberValue.Create(json.GetPropertyCount())
        : NilValue.Instance);

    public override ValueTask<FluidValue> GetIndexAsync(FluidValue index, TemplateContext context) => GetValueAsync(index.ToStringValue(), context);

    // As Liquid has it: an object in a loop is pairs of name and value.
    public override IEnumerable<FluidValue> Enumerate(TemplateContext context) =>
        json.EnumerateObject().Select(member => (FluidValue)new ArrayValue([new StringValue(member.Name), JsonFluid.Of(member.Value)]));

    public override ValueTask WriteToAsync(TextWriter writer, TextEncoder encoder, CultureInfo cultureInfo)
    {
        writer.Write(ToStringValue());
        return default;
    }

    private JsonElement Json => json;
}

/// <summary>
/// A list. As text passages are numbered, as a model is shown them, messages are lines of a dialogue, and other lists are their JSON.
/// </summary>
internal sealed class JsonListFluid(JsonElement json) : FluidValue
{
    public override FluidValues Type => FluidValues.Array;

    public override bool Equals(FluidValue? other) => other is JsonListFluid { Json: var theirs } && JsonElement.DeepEquals(json, theirs);

    public override bool ToBooleanValue() => true;

    public override decimal ToNumberValue() => json.GetArrayLength();

    public override string ToStringValue()
    {
        var text = new StringBuilder();
        var number = 0;
        foreach (var item in json.EnumerateArray())
        {
            number++;
            if (item.ValueKind == JsonValueKind.Object && Text(item, "text") is { } passage)
            {
                text.Append(number > 1 ? "\n\n" : "").Append(CultureInfo.InvariantCulture, $"[{number}]{Source(item)}\n{passage}");
            }
            else if (item.ValueKind == JsonValueKind.Object && Text(item, "role") is { } role && Text(item, "content") is { } content)
            {
                text.Append(number > 1 ? "\n\n" : "").Append(CultureInfo.InvariantCulture, $"{role}: {content}");
            }
            else
            {
                return json.GetRawText();
            }
        }

        return number == 0 ? "" : text.ToString();
    }

    public override object ToObjectValue() => json.EnumerateArray().Select(item => JsonFluid.Of(item).ToObjectValue()).ToArray();

    public override bool Contains(FluidValue value) => json.EnumerateArray().Any(item => JsonFluid.Of(item).Equals(value));

    public override IEnumerable<FluidValue> Enumerate(TemplateContext context) => json.EnumerateArray().Select(JsonFluid.Of);

    public override ValueTask<FluidValue> GetValueAsync(string name, TemplateContext context) => new(name switch
    {
        "size" => NumberValue.Create(json.GetArrayLength()),
        "first" when json.GetArrayLength() > 0 => JsonFluid.Of(json[0]),
        "last" when json.GetArrayLength() > 0 => JsonFluid.Of(json[json.GetArrayLength() - 1]),
        _ => NilValue.Instance,
    });

    public override ValueTask<FluidValue> GetIndexAsync(FluidValue index, TemplateContext context)
    {
        var at = (int)Math.Clamp(index.ToNumberValue(), int.MinValue, int.MaxValue);
        var count = json.GetArrayLength();
        at = at < 0 ? at + count : at;
        return new(at >= 0 && at < count ? JsonFluid.Of(json[at]) : NilValue.Instance);
    }

    public override ValueTask WriteToAsync(TextWriter writer, TextEncoder encoder, CultureInfo cultureInfo)
    {
        writer.Write(ToStringValue());
        return default;
    }

    private JsonElement Json => json;

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static string Source(JsonElement passage)
    {
        var document = Text(passage, "document");
        var page = passage.TryGetProperty("page", out var at) && at.ValueKind == JsonValueKind.Number ? at.GetRawText() : null;
        return (document, page) switch
        {
            (null, _) => "",
            (_, null) => $" {document}",
            _ => $" {document}, {page}",
        };
    }
}
