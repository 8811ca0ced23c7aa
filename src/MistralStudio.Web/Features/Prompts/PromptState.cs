using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Prompts;

/// <summary>One prompt with its versions, labels and uses. Driven by the page, or by a test without a browser.</summary>
public sealed class PromptState(IPromptStore store, IPromptUses uses, Caller caller)
{
    private const int PageOfVersions = 50;

    private string? _after;

    /// <summary>The prompt as it was last read; null before that.</summary>
    public Prompt? Prompt { get; private set; }

    /// <summary>The version shown.</summary>
    public PromptText? Text { get; private set; }

    /// <summary>Versions, newest first; null before they were read.</summary>
    public IReadOnlyList<PromptVersion>? Versions { get; private set; }

    /// <summary>True where older versions can be asked for.</summary>
    public bool HasMoreVersions => _after is not null;

    /// <summary>What names it as its model.</summary>
    public IReadOnlyList<PromptUse> Uses { get; private set; } = [];

    /// <summary>Its calls of the last 30 days.</summary>
    public IReadOnlyList<PromptCalls> Calls { get; private set; } = [];

    /// <summary>The two versions that are compared; null where none are.</summary>
    public (PromptText Before, PromptText After, PromptDiff Diff)? Compared { get; private set; }

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may write versions.</summary>
    public bool MayWrite => caller.May(Permissions.PromptsWrite);

    /// <summary>True where the caller may move labels.</summary>
    public bool MayPublish => caller.May(Permissions.PromptsPublish);

    /// <summary>True where the caller may try it in the playground.</summary>
    public bool MayTry => caller.May(Permissions.ModelsUse);

    /// <summary>Reads a prompt and one of its versions; false where there is none.</summary>
    /// <param name="number">Null: the latest.</param>
    public async Task<bool> LoadAsync(string slug, int? number, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(caller.Workspace, slug, cancellationToken) is not { } prompt || await store.ReadAsync(caller.Workspace, prompt.Id, number, cancellationToken) is not { } text)
        {
            return false;
        }

        (Prompt, Text, Error) = (prompt, text, null);
        Uses = await uses.ListAsync(caller.Workspace, slug, cancellationToken);
        Calls = await uses.ListCallsAsync(caller.Workspace, prompt.Id, cancellationToken);
        var page = await store.ListVersionsAsync(caller.Workspace, prompt.Id, null, PageOfVersions, cancellationToken);
        (Versions, _after) = (page!.Items, page.After);
        return true;
    }

    /// <summary>Reads older versions below the present ones.</summary>
    public async Task MoreVersionsAsync(CancellationToken cancellationToken)
    {
        if (_after is not null && await store.ListVersionsAsync(caller.Workspace, Prompt!.Id, _after, PageOfVersions, cancellationToken) is { } page)
        {
            (Versions, _after) = ([.. Versions ?? [], .. page.Items], page.After);
        }
    }

    /// <summary>Compares two versions; false where one of them does not exist.</summary>
    public async Task<bool> CompareAsync(int from, int to, CancellationToken cancellationToken)
    {
        var (before, after) = (await store.ReadAsync(caller.Workspace, Prompt!.Id, from, cancellationToken), await store.ReadAsync(caller.Workspace, Prompt.Id, to, cancellationToken));
        Compared = before is null || after is null ? null : (before, after, PromptDiff.Of(before.Content, after.Content));
        return Compared is not null;
    }

    /// <summary>Moves a label as it was last read; false where <see cref="Error"/> says who came first, or why not.</summary>
    public async Task<bool> MoveLabelAsync(string label, int version, CancellationToken cancellationToken)
    {
        var person = Person(Permissions.PromptsPublish);
        var moved = await store.MoveLabelAsync(caller.Workspace, Prompt!.Id, label.Trim(), version, RevisionOf(label.Trim()), person, cancellationToken);
        await ReadAgainAsync(cancellationToken);
        Error = moved.Error;
        return moved.IsSuccess;
    }

    /// <summary>Takes a label away; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RemoveLabelAsync(string label, CancellationToken cancellationToken)
    {
        var person = Person(Permissions.PromptsPublish);
        var removed = await store.RemoveLabelAsync(caller.Workspace, Prompt!.Id, label, RevisionOf(label) ?? 0, person, cancellationToken);
        await ReadAgainAsync(cancellationToken);
        Error = removed.Error;
        return removed.IsSuccess;
    }

    /// <summary>Makes an older version's content the newest; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> RestoreAsync(int number, string message, CancellationToken cancellationToken)
    {
        var restored = await store.RestoreAsync(caller.Workspace, Prompt!.Id, number, message, Person(Permissions.PromptsWrite), cancellationToken);
        await ReadAgainAsync(cancellationToken);
        Error = restored.Error;
        return restored.IsSuccess;
    }

    /// <summary>Makes a prompt of a version; null where <see cref="Error"/> says why not.</summary>
    public async Task<Prompt?> ForkAsync(int number, PromptForm form, CancellationToken cancellationToken)
    {
        var forked = await store.ForkAsync(caller.Workspace, Prompt!.Id, number, form, Person(Permissions.PromptsWrite), cancellationToken);
        Error = forked.Error;
        return forked.IsSuccess ? forked.Value : null;
    }

    /// <summary>Saves name, folder, tags and archive; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> SaveFormAsync(PromptForm form, CancellationToken cancellationToken)
    {
        Person(Permissions.PromptsWrite);
        var saved = await store.SaveFormAsync(caller.Workspace, Prompt!.Id, Prompt.Revision, form, cancellationToken);
        await ReadAgainAsync(cancellationToken);
        Error = saved.Error;
        return saved.IsSuccess;
    }

    /// <summary>Removes a version; false where <see cref="Error"/> says where it is used.</summary>
    public async Task<bool> DeleteVersionAsync(int number, CancellationToken cancellationToken)
    {
        var deleted = await store.DeleteVersionAsync(caller.Workspace, Prompt!.Id, number, Person(Permissions.PromptsWrite), cancellationToken);
        await ReadAgainAsync(cancellationToken);
        Error = deleted.Error;
        return deleted.IsSuccess;
    }

    /// <summary>Removes the prompt; false where <see cref="Error"/> says where it is used.</summary>
    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        var deleted = await store.DeleteAsync(caller.Workspace, Prompt!.Id, Person(Permissions.PromptsWrite), cancellationToken);
        Error = deleted.Error;
        return deleted.IsSuccess;
    }

    /// <summary>Forgets what was said about the last thing asked for.</summary>
    public void Forget() => Error = null;

    private long? RevisionOf(string label) => Prompt!.Labels.FirstOrDefault(found => found.Name == label)?.Revision;

    private async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        // The version that was shown may be the one that was deleted.
        var shown = Text!.Version.Number;
        if (!await LoadAsync(Prompt!.Slug, shown, cancellationToken))
        {
            await LoadAsync(Prompt.Slug, null, cancellationToken);
        }
    }

    private UserId Person(string permission) =>
        caller.May(permission) && caller.User is { } person ? person : throw new UnauthorizedAccessException($"This needs {permission}.");
}
