using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Features.Prompts;

namespace MistralStudio.Web.Features.PromptsApi;

/// <summary>A new prompt with its first version.</summary>
/// <param name="Content">What the version holds: <c>{"messages":[{"role","text","images":[{"name","data"}]}],"model","settings","variables","tools","answer","knowledge","reading"}</c>.</param>
internal sealed record WireNewPrompt(string? Name, string? Folder, IReadOnlyList<string>? Tags, JsonElement? Content, string? Message);

/// <summary>What is said of a prompt beside its content; what is left out stays.</summary>
internal sealed record WirePromptForm(string? Name, string? Folder, IReadOnlyList<string>? Tags, bool? Archived);

/// <summary>A new version.</summary>
internal sealed record WireNewPromptVersion(JsonElement? Content, string? Message);

/// <summary>What is said of a restored version.</summary>
internal sealed record WirePromptMessage(string? Message);

/// <summary>Where a label goes.</summary>
internal sealed record WireLabelMove(int Version);

/// <summary>A text to import: a curl command, a request in OpenAI's, Mistral's or Anthropic's format, an exported prompt, or plain text.</summary>
/// <param name="FileName">Of the file that it is from; it gives the prompt its name where nothing else does.</param>
/// <param name="Name">The prompt's name in place of what the text says.</param>
/// <param name="Keep">False to see what would be kept without keeping it.</param>
internal sealed record WirePromptImport(string? Text, string? FileName, string? Name, string? Folder, bool Keep = true);

/// <summary>What an import came to.</summary>
/// <param name="Prompt">As it was kept; null where it was not to be.</param>
/// <param name="Notes">What could not come with it.</param>
internal sealed record WireImportedPrompt(WirePrompt? Prompt, string Name, JsonElement Content, IReadOnlyList<string> Notes);

/// <summary>A prompt.</summary>
/// <param name="Reference">How it is asked as a model.</param>
internal sealed record WirePrompt(
    PromptId Id, string Slug, string Reference, string Name, string Folder, IReadOnlyList<string> Tags, bool Archived, WirePromptVersion Latest, IReadOnlyList<WireLabel> Labels,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static WirePrompt From(Prompt prompt) => new(
        prompt.Id, prompt.Slug, prompt.Reference, prompt.Form.Name, prompt.Form.Folder, prompt.Form.Tags, prompt.Form.IsArchived, WirePromptVersion.From(prompt.Latest),
        [.. prompt.Labels.Select(WireLabel.From)], prompt.CreatedAt, prompt.UpdatedAt);
}

/// <summary>A version without its content.</summary>
/// <param name="Parent">The version that it was restored or forked from; null where it was written anew.</param>
internal sealed record WirePromptVersion(int Number, string Hash, string Message, UserId? CreatedBy, DateTimeOffset CreatedAt, PromptParent? Parent)
{
    public static WirePromptVersion From(PromptVersion version) => new(version.Number, version.Hash, version.Message, version.CreatedBy, version.CreatedAt, version.Parent);
}

/// <summary>A version with its content.</summary>
internal sealed record WirePromptText(int Number, string Hash, string Message, UserId? CreatedBy, DateTimeOffset CreatedAt, PromptParent? Parent, JsonElement Content)
{
    public static WirePromptText From(PromptText text) => new(
        text.Version.Number, text.Version.Hash, text.Version.Message, text.Version.CreatedBy, text.Version.CreatedAt, text.Version.Parent, WireJson.Parse(PromptJson.Write(text.Content)));
}

/// <summary>A label.</summary>
/// <param name="Etag">Sent as If-Match when it is moved.</param>
internal sealed record WireLabel(string Name, int Version, UserId? MovedBy, string MovedByName, DateTimeOffset MovedAt, string Etag)
{
    public static WireLabel From(PromptLabel label) => new(label.Name, label.Version, label.MovedBy, label.MovedByName, label.MovedAt, label.Revision.ToString(CultureInfo.InvariantCulture));
}

/// <summary>What differs between two versions.</summary>
internal sealed record WirePromptDiff(bool Same, IReadOnlyList<WireMessageChange> Messages, IReadOnlyList<WireParameterChange> Parameters)
{
    public static WirePromptDiff From(PromptDiff diff) => new(
        diff.IsSame,
        [.. diff.Messages.Select(WireMessageChange.From)],
        [.. diff.Parameters.Where(parameter => !parameter.IsSame).Select(parameter => new WireParameterChange(WireJson.Camel(parameter.Kind), parameter.Name, parameter.Before, parameter.After))]);
}

/// <summary>A message of two versions.</summary>
/// <param name="Before">Its role before; null where it is new.</param>
/// <param name="Hunks">What of its text changed.</param>
/// <param name="ImagesAdded">Hashes of images that it has now and had not.</param>
internal sealed record WireMessageChange(string? Before, string? After, IReadOnlyList<WireHunk> Hunks, IReadOnlyList<string> ImagesAdded, IReadOnlyList<string> ImagesRemoved)
{
    public static WireMessageChange From(MessageChange change) => new(
        change.Before is { } before ? WireJson.Camel(before) : null,
        change.After is { } after ? WireJson.Camel(after) : null,
        [
            .. change.Text.Hunks.Select(hunk => new WireHunk(
                hunk.BeforeStart + 1, [.. change.Text.Rows.Where(row => row.Hunk == hunk.Index && row.Before is not null).Select(row => row.Before!.Text)],
                hunk.AfterStart + 1, [.. change.Text.Rows.Where(row => row.Hunk == hunk.Index && row.After is not null).Select(row => row.After!.Text)])),
        ],
        [.. change.ImagesAdded.Select(image => image.Sha256)],
        [.. change.ImagesRemoved.Select(image => image.Sha256)]);
}

/// <summary>Lines that stand in the place of others.</summary>
/// <param name="BeforeLine">Number of the first of the lines before, from 1.</param>
internal sealed record WireHunk(int BeforeLine, IReadOnlyList<string> Removed, int AfterLine, IReadOnlyList<string> Added);

/// <summary>A parameter of two versions, as text; null where it was not set.</summary>
internal sealed record WireParameterChange(string Kind, string Name, string? Before, string? After);

/// <summary>Where a prompt is used.</summary>
internal sealed record WirePromptUsage(IReadOnlyList<WirePromptUse> Uses, IReadOnlyList<WirePromptCalls> Calls);

/// <summary>An app, flow, knowledge base or connection that names it.</summary>
/// <param name="Version">Of the app or flow; null for a draft.</param>
internal sealed record WirePromptUse(string Kind, Guid Id, string Name, int? Version, string Reference)
{
    public static WirePromptUse From(PromptUse use) => new(WireJson.Camel(use.Kind), use.Id, use.Name, use.Version, $"prompt:{use.Slug}" + (use.Detail is null ? "" : $"@{use.Detail}"));
}

/// <summary>Calls of a version in the last 30 days.</summary>
/// <param name="NamedAs">A number or a label; empty: the latest version.</param>
/// <param name="Key">The API key that called; null where people, apps and flows did.</param>
internal sealed record WirePromptCalls(int Version, string NamedAs, ApiKeyId? Key, string? KeyName, long Count, DateOnly LastDay)
{
    public static WirePromptCalls From(PromptCalls calls) => new(calls.Version, calls.Detail, calls.Key, calls.KeyName, calls.Count, calls.LastDay);
}
