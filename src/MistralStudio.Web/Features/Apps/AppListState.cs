using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Apps;

/// <summary>The apps of a workspace, a page at a time: all of them for who makes apps, the published ones for readers.</summary>
public sealed class AppListState(IAppStore store, Caller caller)
{
    /// <summary>Apps on one page.</summary>
    public const int PageSize = 50;

    private Dictionary<AppId, ShareLink> _links = [];
    private string? _after;

    /// <summary>The apps shown, last changed first; null before the first read.</summary>
    public IReadOnlyList<App>? Apps { get; private set; }

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; private set; } = "";

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>Why the last app was not made; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may make apps.</summary>
    public bool MayWrite => caller.May(Permissions.AppsWrite);

    /// <summary>The live link of an app; null where there is none, and for readers.</summary>
    public ShareLink? LinkOf(App app) => _links.GetValueOrDefault(app.Id);

    /// <summary>Reads the first page of what matches.</summary>
    public async Task FindAsync(string text, CancellationToken cancellationToken)
    {
        Search = text.Trim();
        _links = MayWrite ? (await store.ListLinksAsync(caller.Workspace, cancellationToken)).ToDictionary(link => link.App) : [];
        Apps = await ReadAsync(null, cancellationToken);
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            Apps = [.. Apps ?? [], .. await ReadAsync(_after, cancellationToken)];
        }
    }

    /// <summary>Makes an app that answers with the default model; null where <see cref="Error"/> says why not.</summary>
    public async Task<App?> CreateAsync(string name, CancellationToken cancellationToken)
    {
        if (!MayWrite || caller.User is not { } person)
        {
            throw new UnauthorizedAccessException($"This needs {Permissions.AppsWrite}.");
        }

        var draft = new AppDefinition(ModelReference.Default.ToString(), "", [], "", GenerationSettings.Default);
        var created = await store.CreateAsync(caller.Workspace, name, draft, person, cancellationToken);
        Error = created.Error;
        return created.IsSuccess ? created.Value : null;
    }

    private async Task<IReadOnlyList<App>> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(caller.Workspace, Search, after, PageSize, cancellationToken);
        _after = page.After;
        // Readers see what was published for them; the rest is its makers'.
        return MayWrite ? page.Items : [.. page.Items.Where(app => app.PublishedVersion is not null)];
    }
}
