using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A prompt that is run over the rows of a table.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<BatchId>))]
public readonly record struct BatchId(Guid Value) : IEntityId<BatchId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static BatchId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static BatchId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static BatchId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out BatchId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A table that was added to run prompts over.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<TableId>))]
public readonly record struct TableId(Guid Value) : IEntityId<TableId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static TableId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static TableId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static TableId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out TableId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
