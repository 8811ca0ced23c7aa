using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Apps;

/// <summary>Apps, their versions and their links.</summary>
public interface IAppStore
{
    /// <summary>Creates an app; its slug is made of the name and is free. Fails where the name is empty.</summary>
    Task<Result<App>> CreateAsync(WorkspaceId workspace, string name, AppDefinition draft, UserId createdBy, CancellationToken cancellationToken);

    /// <summary>Most recently changed first.</summary>
    Task<Listing<App>> ListAsync(WorkspaceId workspace, string? search, string? after, int limit, CancellationToken cancellationToken);

    Task<App?> FindAsync(WorkspaceId workspace, AppId id, CancellationToken cancellationToken);

    /// <summary>Saves the draft; fails with <see cref="AppErrors.Conflict"/> where somebody else saved since <paramref name="revision"/>.</summary>
    Task<Result<App>> SaveDraftAsync(
        WorkspaceId workspace, AppId id, long revision, string name, AppDefinition draft, CancellationToken cancellationToken);

    /// <summary>Makes the draft the version that readers get.</summary>
    Task<Result<AppVersion>> PublishAsync(WorkspaceId workspace, AppId id, UserId publishedBy, CancellationToken cancellationToken);

    /// <summary>Published versions, newest first; null where there is no such app.</summary>
    Task<Listing<AppVersion>?> ListVersionsAsync(WorkspaceId workspace, AppId id, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a version may still answer: it acts with what its publisher was granted and still holds. Fails with
    /// <see cref="AppErrors.PublisherGone"/> where they left, were suspended, or lost the right to its model or knowledge.
    /// </summary>
    Task<Result<Unit>> CheckPublisherAsync(AppVersion version, CancellationToken cancellationToken);

    /// <summary>Removes an app with its versions, links and conversations.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<bool> DeleteAsync(WorkspaceId workspace, AppId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>The published version behind <c>/a/{slug}</c>; the caller checks membership of its workspace.</summary>
    Task<AppVersion?> FindPublishedAsync(string slug, CancellationToken cancellationToken);

    /// <summary>The live link of an app; null where there is none, or it expired or was revoked.</summary>
    Task<ShareLink?> FindLinkAsync(WorkspaceId workspace, AppId id, CancellationToken cancellationToken);

    /// <summary>The live links of a workspace, one an app.</summary>
    Task<IReadOnlyList<ShareLink>> ListLinksAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a link (22 characters base64url, stored hashed) and returns the token, which is never shown again; a link that the app had
    /// before stops working (rotate). Fails where the app was never published.
    /// </summary>
    Task<Result<(ShareLink Link, string Token)>> RotateLinkAsync(WorkspaceId workspace, AppId id, UserId by, CancellationToken cancellationToken);

    /// <summary>Ends the link.</summary>
    /// <param name="by">Who does it, for the audit log.</param>
    Task<bool> RevokeLinkAsync(WorkspaceId workspace, AppId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>The live link and published version behind <c>/s/{token}</c>; null for an unknown, expired or revoked one alike.</summary>
    Task<(ShareLink Link, AppVersion Version)?> OpenLinkAsync(string token, CancellationToken cancellationToken);

    /// <summary>
    /// Takes one answer from a link's budget; fails with <see cref="AppErrors.LinkBusy"/> where the address or the link has none left.
    /// Counts survive a restart.
    /// </summary>
    Task<Result<Unit>> TakeAnswerAsync(ShareLinkId link, string address, CancellationToken cancellationToken);
}

/// <summary>Expected failures of apps.</summary>
public static class AppErrors
{
    public static Error NotFound() => new("app.not_found", "This app does not exist here.", "It may have been deleted; ask whoever sent you the link.");

    public static Error NameEmpty() => new("app.name_empty", "An app needs a name.", "Give it one of up to 80 characters.");

    public static Error Conflict() => new("app.conflict", "Somebody else saved this app while you edited it.", "Reload to see their change, then make yours again.");

    public static Error NotPublished() => new("app.not_published", "This app was never published.", "Publish it first; the link opens the published version.");

    public static Error PublisherGone() => new(
        "app.publisher_gone", "Whoever published this app may no longer use its model or its knowledge here.", "Ask a Builder of the workspace to publish it again.");

    public static Error NotFilledIn(IReadOnlyList<string> fields) => new(
        "app.not_filled_in",
        fields.Count == 1 ? $"\"{fields[0]}\" is not filled in." : $"{fields.Count} fields are not filled in: {string.Join(", ", fields.Select(field => $"\"{field}\""))}.",
        "Fill it in above, then send the question again.");

    public static Error FilledInWrong(Error why) => new("app.filled_in_wrong", why.Message, "Correct it above, then send the question again.");

    public static Error HasNoVariables(string slug) => new(
        "app.no_variables", $"The app \"{slug}\" does not answer with a saved prompt and has no variables.", "Send the request without prompt_variables.");

    public static Error LinkEnded() => new(
        "app.link_ended", "This link does not work any more: it was revoked, replaced by another, or has expired.", "Ask whoever sent it to you for a new one.");

    public static Error LinkBusy(string when) => new(
        "app.link_busy", "This link has given all the answers it may give for now.", $"Try again {when}, or ask the owner for an account.");
}
