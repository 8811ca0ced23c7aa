using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Prompts.Imports;

namespace MistralStudio.Web.Features.Prompts;

/// <summary>The prompts of a workspace, a page at a time. Driven by the page, or by a test without a browser.</summary>
public sealed class PromptListState(IPromptStore store, IPromptUses uses, IModelRouter router, Caller caller)
{
    /// <summary>Prompts on one page.</summary>
    public const int PageSize = 50;

    /// <summary>Days that the line of calls shows.</summary>
    public const int Days = 7;

    private ILookup<string, PromptUse> _uses = Enumerable.Empty<PromptUse>().ToLookup(use => use.Slug);
    private Dictionary<string, PromptPace> _paces = [];
    private IReadOnlyDictionary<string, int> _keys = new Dictionary<string, int>();
    private string? _after;

    /// <summary>The prompts shown, last changed first; null before the first read.</summary>
    public IReadOnlyList<Prompt>? Prompts { get; private set; }

    /// <summary>Folders, tags and labels that there are.</summary>
    public PromptShelves Shelves { get; private set; } = new(0, 0, [], [], []);

    /// <summary>What is looked for.</summary>
    public PromptFilter Filter { get; private set; } = new();

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>What a text was read as, before it is kept; null where none was.</summary>
    public ImportedPrompt? Imported { get; private set; }

    /// <summary>True where the caller may make prompts.</summary>
    public bool MayWrite => caller.May(Permissions.PromptsWrite);

    /// <summary>True where nothing is looked for.</summary>
    public bool IsWhole => Filter == new PromptFilter();

    /// <summary>Apps, flows, bases and connections that name a prompt, each once.</summary>
    public IReadOnlyList<(DefinitionKind Kind, int Count)> UsersOf(Prompt prompt) =>
        [.. _uses[prompt.Slug].DistinctBy(use => use.Id).GroupBy(use => use.Kind).OrderBy(group => group.Key).Select(group => (group.Key, group.Count()))];

    /// <summary>API keys that called a prompt in the last <see cref="IPromptUses.Days"/> days.</summary>
    public int KeysOf(Prompt prompt) => _keys.GetValueOrDefault(prompt.Slug);

    /// <summary>Calls of a prompt, the last <see cref="Days"/> days, oldest first.</summary>
    public IReadOnlyList<long> PaceOf(Prompt prompt) => _paces.TryGetValue(prompt.Slug, out var pace) ? pace.Days : new long[Days];

    /// <summary>Reads the first page of what matches, and what surrounds it.</summary>
    public async Task FindAsync(PromptFilter filter, CancellationToken cancellationToken)
    {
        Filter = filter;
        Shelves = await store.ListShelvesAsync(caller.Workspace, cancellationToken);
        _uses = (await uses.ListAsync(caller.Workspace, null, cancellationToken)).ToLookup(use => use.Slug, StringComparer.Ordinal);
        _keys = await uses.CountKeysAsync(caller.Workspace, cancellationToken);
        _paces = (await uses.ListPacesAsync(caller.Workspace, Days, cancellationToken)).ToDictionary(pace => pace.Slug, StringComparer.Ordinal);
        var page = await store.ListAsync(caller.Workspace, filter, null, PageSize, cancellationToken);
        (Prompts, _after) = (page.Items, page.After);
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            var page = await store.ListAsync(caller.Workspace, Filter, _after, PageSize, cancellationToken);
            (Prompts, _after) = ([.. Prompts ?? [], .. page.Items], page.After);
        }
    }

    /// <summary>Makes a prompt of a system message and a question; null where <see cref="Error"/> says why not.</summary>
    public Task<Prompt?> CreateAsync(PromptForm form, string system, string user, CancellationToken cancellationToken)
    {
        PromptMessage[] messages = [new(MessageRole.System, system), new(MessageRole.User, user)];
        return KeepAsync(form, PromptContent.Empty with { Messages = [.. messages.Where(message => message.Text.Trim().Length > 0)] }, "", cancellationToken);
    }

    /// <summary>Reads a text from elsewhere without keeping it; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> ReadAsync(string text, string? fileName, CancellationToken cancellationToken)
    {
        var read = PromptImport.Read(text, fileName, await router.ListAsync(caller.Workspace, cancellationToken));
        (Imported, Error) = (read.IsSuccess ? read.Value : null, read.Error);
        return read.IsSuccess;
    }

    /// <summary>Keeps what was read; null where <see cref="Error"/> says why not.</summary>
    public Task<Prompt?> KeepImportedAsync(string name, CancellationToken cancellationToken) =>
        KeepAsync(Imported!.Form with { Name = name }, Imported.Content, Imported.Message, cancellationToken);

    /// <summary>Puts a prompt into the archive, or takes it out; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> ArchiveAsync(Prompt prompt, bool archived, CancellationToken cancellationToken)
    {
        Writer();
        var saved = await store.SaveFormAsync(caller.Workspace, prompt.Id, prompt.Revision, prompt.Form with { IsArchived = archived }, cancellationToken);
        await FindAsync(Filter, cancellationToken);
        Error = saved.Error;
        return saved.IsSuccess;
    }

    /// <summary>Says why a file cannot be read.</summary>
    public void Refuse(Error error) => (Imported, Error) = (null, error);

    /// <summary>Forgets what was said about the last thing asked for.</summary>
    public void Forget() => (Error, Imported) = (null, null);

    private async Task<Prompt?> KeepAsync(PromptForm form, PromptContent content, string message, CancellationToken cancellationToken)
    {
        var created = await store.CreateAsync(caller.Workspace, form, content, message, Writer(), cancellationToken);
        Error = created.Error;
        return created.IsSuccess ? created.Value : null;
    }

    private Core.Ids.UserId Writer() =>
        MayWrite && caller.User is { } person ? person : throw new UnauthorizedAccessException($"This needs {Permissions.PromptsWrite}.");
}
