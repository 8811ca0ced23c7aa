using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A one-field wrapper of a <see cref="Guid"/> that keeps the ids of different things apart at compile time.</summary>
public interface IEntityId<TSelf> : IParsable<TSelf>
    where TSelf : struct, IEntityId<TSelf>
{
    /// <summary>The wrapped id; version 7 unless the entity says otherwise.</summary>
    Guid Value { get; }

    /// <summary>Wraps an id that was stored or received.</summary>
    static abstract TSelf From(Guid value);
}

/// <summary>Writes an id as the string that <see cref="object.ToString"/> gives; to clients it is opaque.</summary>
public sealed class EntityIdJsonConverter<TId> : JsonConverter<TId>
    where TId : struct, IEntityId<TId>
{
    /// <inheritdoc/>
    public override TId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TId.From(reader.GetGuid());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
