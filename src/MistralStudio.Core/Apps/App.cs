using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Apps;

/// <summary>What an app is made of.</summary>
/// <param name="Model">A model reference.</param>
/// <param name="Welcome">What a reader sees before the first question; empty where there is nothing.</param>
public sealed record AppDefinition(
    string Model, string Instructions, IReadOnlyList<KnowledgeBaseId> Knowledge, string Welcome, GenerationSettings Settings)
{
    /// <summary>What the variables of its prompt are where a reader says nothing else; null where nothing was filled in.</summary>
    public IReadOnlyDictionary<string, string>? Values { get; init; }
}

/// <summary>A chat app.</summary>
/// <param name="Slug">Its name in <c>/a/{slug}</c>, unique on this installation: <c>[a-z0-9-]{1,63}</c>.</param>
/// <param name="Draft">What is being edited.</param>
/// <param name="Revision">Rises with every change of the draft or the name; a save names the one it read (ETag).</param>
/// <param name="PublishedVersion">The version that readers get; null before the first.</param>
/// <param name="HasUnpublishedChanges">True where the draft differs from the published version.</param>
public sealed record App(
    AppId Id,
    WorkspaceId Workspace,
    string Slug,
    string Name,
    AppDefinition Draft,
    long Revision,
    int? PublishedVersion,
    bool HasUnpublishedChanges,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A published, immutable state of an app; it acts with what its publisher was granted and still holds.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Hash">SHA-256 of the definition's canonical JSON, lower-case hex.</param>
public sealed record AppVersion(
    AppId App, WorkspaceId Workspace, string Slug, string Name, int Number, AppDefinition Definition, string Hash, UserId PublishedBy, DateTimeOffset PublishedAt);

/// <summary>A link that opens an app's published version to anyone who has it.</summary>
/// <param name="AnswersPerHour">Limit per address.</param>
/// <param name="AnswersPerDay">Limit of the link.</param>
public sealed record ShareLink(
    ShareLinkId Id, AppId App, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt, int AnswersPerHour, int AnswersPerDay);
