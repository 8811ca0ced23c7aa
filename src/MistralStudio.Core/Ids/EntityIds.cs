using System.Text.Json.Serialization;

namespace MistralStudio.Core.Ids;

/// <summary>A workspace: the border that rights, blobs, keys and circuits do not cross.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<WorkspaceId>))]
public readonly record struct WorkspaceId(Guid Value) : IEntityId<WorkspaceId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static WorkspaceId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static WorkspaceId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static WorkspaceId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out WorkspaceId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A person with an account on this installation.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<UserId>))]
public readonly record struct UserId(Guid Value) : IEntityId<UserId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static UserId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static UserId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static UserId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out UserId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A knowledge base.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<KnowledgeBaseId>))]
public readonly record struct KnowledgeBaseId(Guid Value) : IEntityId<KnowledgeBaseId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static KnowledgeBaseId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static KnowledgeBaseId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static KnowledgeBaseId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out KnowledgeBaseId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>Where documents of a knowledge base come from by themselves.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<SourceId>))]
public readonly record struct SourceId(Guid Value) : IEntityId<SourceId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static SourceId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static SourceId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static SourceId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out SourceId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A document of a knowledge base.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<DocumentId>))]
public readonly record struct DocumentId(Guid Value) : IEntityId<DocumentId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static DocumentId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static DocumentId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static DocumentId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out DocumentId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A conversation of the playground or of an app.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<ConversationId>))]
public readonly record struct ConversationId(Guid Value) : IEntityId<ConversationId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static ConversationId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static ConversationId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static ConversationId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out ConversationId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>One message of a conversation.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<MessageId>))]
public readonly record struct MessageId(Guid Value) : IEntityId<MessageId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static MessageId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static MessageId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static MessageId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out MessageId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>An app.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<AppId>))]
public readonly record struct AppId(Guid Value) : IEntityId<AppId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static AppId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static AppId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static AppId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out AppId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A link that opens an app to people without an account.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<ShareLinkId>))]
public readonly record struct ShareLinkId(Guid Value) : IEntityId<ShareLinkId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static ShareLinkId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static ShareLinkId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static ShareLinkId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out ShareLinkId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>An API key.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<ApiKeyId>))]
public readonly record struct ApiKeyId(Guid Value) : IEntityId<ApiKeyId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static ApiKeyId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static ApiKeyId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static ApiKeyId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out ApiKeyId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>An invitation to a workspace.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<InviteId>))]
public readonly record struct InviteId(Guid Value) : IEntityId<InviteId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static InviteId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static InviteId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static InviteId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out InviteId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

/// <summary>A connection of a workspace to a server of models.</summary>
[JsonConverter(typeof(EntityIdJsonConverter<ConnectionId>))]
public readonly record struct ConnectionId(Guid Value) : IEntityId<ConnectionId>
{
    /// <summary>A new, time-ordered id.</summary>
    public static ConnectionId New() => new(Guid.CreateVersion7());

    /// <inheritdoc/>
    public static ConnectionId From(Guid value) => new(value);

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static ConnectionId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s, provider));

    /// <summary>Reads the form that <see cref="ToString"/> writes; false for anything else.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out ConnectionId result)
    {
        var parsed = Guid.TryParse(s, provider, out var value);
        result = new(value);
        return parsed;
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}
