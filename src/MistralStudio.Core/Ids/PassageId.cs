using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A passage. Its value is a version 5 UUID of document, content hash and occurrence, so that the same text of the same document keeps its id.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<PassageId>))]
public readonly record struct PassageId(Guid Value) : IEntityId<PassageId>
{
    /// <inheritdoc/>
    public static PassageId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static PassageId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out PassageId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
