using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>The knowledge bases of a workspace, a page at a time.</summary>
public sealed class KnowledgeListState(IKnowledgeStore store, IModelHost models, IDefaultModels defaults, Caller caller)
{
    /// <summary>Bases on one page.</summary>
    public const int PageSize = 50;

    private string? _after;

    /// <summary>The bases shown, newest first; null before the first read.</summary>
    public IReadOnlyList<KnowledgeBase>? Bases { get; private set; }

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; private set; } = "";

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>Why the last base was not made; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may make one.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Reads the first page of what matches.</summary>
    public async Task FindAsync(string text, CancellationToken cancellationToken)
    {
        Search = text.Trim();
        var page = await ReadAsync(null, cancellationToken);
        (Bases, _after) = (page.Items, page.After);
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            var page = await ReadAsync(_after, cancellationToken);
            (Bases, _after) = ([.. Bases ?? [], .. page.Items], page.After);
        }
    }

    /// <summary>Makes a base whose vectors come from the workspace's embedding model; null where <see cref="Error"/> says why not.</summary>
    public async Task<KnowledgeBase?> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var embedding = await defaults.FindAsync(models, caller.Workspace, ModelTask.Embedding, cancellationToken);
        Error = KnowledgePageErrors.Refuse(caller) ?? KnowledgePageErrors.CheckName(name)
            ?? (embedding is null or { State: ModelState.Failed } ? KnowledgePageErrors.NoEmbeddingModel() : null);
        return Error is null ? await store.CreateBaseAsync(caller.Workspace, name.Trim(), embedding!.Id, caller.User, cancellationToken) : null;
    }

    private Task<Listing<KnowledgeBase>> ReadAsync(string? after, CancellationToken cancellationToken) =>
        store.ListBasesAsync(caller.Workspace, Search.Length == 0 ? null : Search, after, PageSize, cancellationToken);
}
