using System.Text.RegularExpressions;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Prompts;

/// <summary>A saved prompt.</summary>
/// <param name="Slug">By which <c>prompt:slug</c> names it; unique in its workspace, fixed for life.</param>
/// <param name="Revision">Rises with every change of its name, folder, tags or archive; a save names the one it read (ETag).</param>
/// <param name="Latest">Its newest version.</param>
/// <param name="Labels">By name.</param>
public sealed record Prompt(
    PromptId Id, WorkspaceId Workspace, string Slug, PromptForm Form, long Revision, PromptVersion Latest, IReadOnlyList<PromptLabel> Labels, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>How it is asked as a model: the latest version.</summary>
    public string Reference => $"prompt:{Slug}";
}

/// <summary>What a person says of a prompt beside its content.</summary>
/// <param name="Folder">Names with <c>/</c> between; empty for none.</param>
/// <param name="IsArchived">Out of sight; it answers as before.</param>
public sealed record PromptForm(string Name, string Folder, IReadOnlyList<string> Tags, bool IsArchived = false)
{
    /// <summary>A name, and nothing else.</summary>
    public static PromptForm Named(string name) => new(name, "", []);
}

/// <summary>A version, which never changes.</summary>
/// <param name="Number">From 1; one that was deleted is not given again.</param>
/// <param name="Hash">See <see cref="PromptJson.Hash"/>.</param>
/// <param name="Message">What its author said of it; may be empty.</param>
/// <param name="CreatedBy">Who; null once the account is gone.</param>
/// <param name="Parent">The version that it was made from where that is not the one before: it was restored or forked. Null otherwise.</param>
public sealed record PromptVersion(PromptId Prompt, int Number, string Hash, string Message, UserId? CreatedBy, DateTimeOffset CreatedAt, PromptParent? Parent);

/// <summary>Which version another was made from.</summary>
/// <param name="Slug">Of its prompt as it was called then.</param>
public sealed record PromptParent(string Slug, int Number);

/// <summary>A version with what it holds.</summary>
/// <param name="Slug">Of its prompt.</param>
/// <param name="Name">Of its prompt.</param>
public sealed record PromptText(WorkspaceId Workspace, string Slug, string Name, PromptVersion Version, PromptContent Content);

/// <summary>A name that stands on a version and moves.</summary>
/// <param name="Revision">Rises with every move of a label of its prompt; a move names the one it read (ETag).</param>
/// <param name="MovedByName">Name of who moved it; empty once the account is gone.</param>
public sealed partial record PromptLabel(string Name, int Version, long Revision, UserId? MovedBy, string MovedByName, DateTimeOffset MovedAt)
{
    /// <summary>The two labels that every list shows.</summary>
    public const string Production = "production", Staging = "staging";

    /// <summary>Names the newest version, whatever it is; no label of a person.</summary>
    public const string Latest = "latest";

    /// <summary>True for what may be a label: lower-case letters, digits, <c>.</c>, <c>_</c> and <c>-</c> from a letter on, at most 63, and not <c>latest</c>.</summary>
    public static bool IsName(string text) => text != Latest && Form().IsMatch(text);

    [GeneratedRegex("^[a-z][a-z0-9._-]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}

/// <summary>Which prompts a list has.</summary>
/// <param name="Search">In names, tags and texts.</param>
/// <param name="Folder">In it and below; null: in any.</param>
/// <param name="Label">With this label; null: with any or none.</param>
/// <param name="IsArchived">Those in the archive instead of the others.</param>
public sealed record PromptFilter(string? Search = null, string? Folder = null, string? Tag = null, string? Label = null, bool IsArchived = false);

/// <summary>A folder or a tag, and how many prompts have it.</summary>
public sealed record PromptGroup(string Name, int Count);

/// <summary>Where prompts can be found.</summary>
/// <param name="Active">Those outside of the archive.</param>
/// <param name="Archived">Those in it.</param>
/// <param name="Labels">Labels, and how many prompts outside of the archive have them.</param>
public sealed record PromptShelves(int Active, int Archived, IReadOnlyList<PromptGroup> Folders, IReadOnlyList<PromptGroup> Tags, IReadOnlyList<PromptGroup> Labels);
