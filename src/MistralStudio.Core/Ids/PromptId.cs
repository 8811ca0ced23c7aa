using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A saved prompt: its versions and its labels.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<PromptId>))]
public readonly record struct PromptId(Guid Value) : IEntityId<PromptId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static PromptId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static PromptId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static PromptId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out PromptId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
