using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Prompts;

/// <summary>Prompts, their versions and their labels; every id is looked up through its workspace.</summary>
public interface IPromptStore
{
    /// <summary>Creates a prompt with its first version; its slug is made of the name and is free.</summary>
    Task<Result<Prompt>> CreateAsync(WorkspaceId workspace, PromptForm form, PromptContent content, string message, UserId by, CancellationToken cancellationToken);

    /// <summary>Most recently changed first.</summary>
    Task<Listing<Prompt>> ListAsync(WorkspaceId workspace, PromptFilter filter, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Folders, tags and labels of the prompts that there are.</summary>
    Task<PromptShelves> ListShelvesAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    Task<Prompt?> FindAsync(WorkspaceId workspace, PromptId id, CancellationToken cancellationToken);

    Task<Prompt?> FindAsync(WorkspaceId workspace, string slug, CancellationToken cancellationToken);

    /// <summary>Saves name, folder, tags and archive; fails with <see cref="PromptStoreErrors.Conflict"/> where somebody else saved since <paramref name="revision"/>.</summary>
    Task<Result<Prompt>> SaveFormAsync(WorkspaceId workspace, PromptId id, long revision, PromptForm form, CancellationToken cancellationToken);

    /// <summary>Adds a version; a content with the hash of the latest one gives that version again.</summary>
    /// <param name="parent">Number of the version of this prompt whose content it is; null where it was written anew.</param>
    Task<Result<PromptVersion>> AddVersionAsync(
        WorkspaceId workspace, PromptId id, PromptContent content, string message, int? parent, UserId by, CancellationToken cancellationToken);

    /// <summary>Makes the content of an older version the newest one.</summary>
    Task<Result<PromptVersion>> RestoreAsync(WorkspaceId workspace, PromptId id, int number, string message, UserId by, CancellationToken cancellationToken);

    /// <summary>Makes a prompt of a version of another.</summary>
    Task<Result<Prompt>> ForkAsync(WorkspaceId workspace, PromptId id, int number, PromptForm form, UserId by, CancellationToken cancellationToken);

    /// <summary>Newest first; null where there is no such prompt.</summary>
    Task<Listing<PromptVersion>?> ListVersionsAsync(WorkspaceId workspace, PromptId id, string? after, int limit, CancellationToken cancellationToken);

    /// <summary>A version with its content; null where there is none.</summary>
    /// <param name="number">Null: the latest.</param>
    Task<PromptText?> ReadAsync(WorkspaceId workspace, PromptId id, int? number, CancellationToken cancellationToken);

    /// <summary>The version that a reference names: a number, a label, or the latest for null. Fails where there is none, saying which labels there are.</summary>
    Task<Result<PromptText>> ResolveAsync(WorkspaceId workspace, string slug, string? detail, CancellationToken cancellationToken);

    /// <summary>
    /// Moves a label to a version, or makes it. Fails with <see cref="PromptStoreErrors.LabelMoved"/> where somebody moved it since
    /// <paramref name="revision"/>, saying who and where to.
    /// </summary>
    /// <param name="revision">Of the label as it was read; null: there was none.</param>
    Task<Result<PromptLabel>> MoveLabelAsync(WorkspaceId workspace, PromptId id, string label, int version, long? revision, UserId by, CancellationToken cancellationToken);

    /// <summary>Takes a label away; fails like <see cref="MoveLabelAsync"/>, and where an app or a flow follows it.</summary>
    Task<Result<Unit>> RemoveLabelAsync(WorkspaceId workspace, PromptId id, string label, long revision, UserId? by, CancellationToken cancellationToken);

    /// <summary>Removes a version; fails with <see cref="PromptStoreErrors.VersionInUse"/> where something uses it, saying where.</summary>
    Task<Result<Unit>> DeleteVersionAsync(WorkspaceId workspace, PromptId id, int number, UserId? by, CancellationToken cancellationToken);

    /// <summary>Removes a prompt with its versions; fails with <see cref="PromptStoreErrors.InUse"/> where something uses it, saying where.</summary>
    Task<Result<Unit>> DeleteAsync(WorkspaceId workspace, PromptId id, UserId? by, CancellationToken cancellationToken);

    /// <summary>Whether the author of a version may still have knowledge searched: what a version looks up, it looks up with the rights of its author.</summary>
    Task<Result<Unit>> CheckAuthorAsync(PromptText version, CancellationToken cancellationToken);
}

/// <summary>Expected failures of prompts as they are kept.</summary>
public static class PromptStoreErrors
{
    public static Error NotFound() => new("prompt.not_found", "This prompt does not exist here.", "It may have been deleted; open Prompts to see which there are.");

    public static Error NameWrong(int most) => new("prompt.name", "A prompt needs a name.", $"Give it one of at most {most} characters.");

    public static Error FolderWrong() => new("prompt.folder", "This folder cannot be used.", "Write up to five names with / between them, 200 characters together.");

    public static Error TagWrong() => new("prompt.tag", "These tags cannot be used.", "Give at most 20 tags of at most 40 characters each.");

    public static Error MessageLong(int most) => new("prompt.message", $"The message is longer than {most} characters.", "Shorten it.");

    public static Error Conflict() => new("prompt.conflict", "Somebody else changed this prompt meanwhile.", "Read it again to see their change, then make yours.");

    public static Error NoVersion(string slug, string version, IReadOnlyList<string> labels) => new(
        "prompt.version_not_found",
        $"The prompt \"{slug}\" has no version \"{version}\".",
        labels.Count == 0 ? "Name a version by its number, or leave @ out for the latest; it has no labels." : $"Name a version by its number, or one of its labels: {string.Join(", ", labels)}.");

    public static Error LabelName(string label) => new(
        "prompt.label_name", $"\"{(label.Length <= 63 ? label : label[..60] + "...")}\" cannot be a label.", "Begin with a small letter; small letters, digits, ., _ and - may follow, at most 63. latest is taken.");

    public static Error LabelMoved(PromptLabel now) => new(
        "prompt.label_moved",
        $"{(now.MovedByName.Length > 0 ? now.MovedByName : "Somebody")} moved the label {now.Name} to version {now.Version} meanwhile.",
        "Look at that version, then move the label again if yours should take its place.");

    public static Error LabelGone(string label) => new("prompt.label_gone", $"Somebody took the label {label} away meanwhile.", "Read the prompt again; move the label anew if it should be there.");

    public static Error OnlyVersion() => new("prompt.only_version", "This is the prompt's only version.", "Delete the prompt instead.");

    public static Error LabelInUse(string label, IReadOnlyList<string> where) => new(
        "prompt.label_in_use", $"The label {label} is followed by {Places(where)}.", "Let them name another version first, or move the label instead.");

    public static Error VersionInUse(int number, IReadOnlyList<string> where) => new(
        "prompt.version_in_use", $"Version {number} is in use: {Places(where)}.", "Move the label, or let them name another version, then delete it.");

    public static Error InUse(IReadOnlyList<string> where) => new(
        "prompt.in_use", $"This prompt is in use: {Places(where)}.", "Let them use another model first, or archive the prompt instead.");

    public static Error AuthorGone() => new(
        "prompt.author_gone", "Whoever wrote this version may no longer search its knowledge here.", "Ask a Builder of the workspace to save the version again.");

    private static string Places(IReadOnlyList<string> where) =>
        where.Count <= 10 ? string.Join(", ", where) : $"{string.Join(", ", where.Take(10))} and {where.Count - 10} more";
}
