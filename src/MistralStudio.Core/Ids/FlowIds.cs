using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A flow: its draft and all its versions.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<FlowId>))]
public readonly record struct FlowId(Guid Value) : IEntityId<FlowId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static FlowId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static FlowId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static FlowId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out FlowId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>One execution of one version of a flow.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<RunId>))]
public readonly record struct RunId(Guid Value) : IEntityId<RunId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static RunId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static RunId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static RunId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out RunId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>Where a suspended run goes on; it names the place and grants nothing.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<BookmarkId>))]
public readonly record struct BookmarkId(Guid Value) : IEntityId<BookmarkId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static BookmarkId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static BookmarkId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static BookmarkId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out BookmarkId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
