using MistralStudio.Core.Batches;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Batches;

/// <summary>The batches of a workspace, a page at a time. Driven by the page, or by a test without a browser.</summary>
public sealed class BatchListState(IBatchStore store, Caller caller)
{
    /// <summary>Batches on one page.</summary>
    public const int PageSize = 50;

    private string? _after;
    private int _pages;

    /// <summary>Newest first; null before the first read.</summary>
    public IReadOnlyList<Batch>? Batches { get; private set; }

    /// <summary>Only these; null: in any state.</summary>
    public BatchState? State { get; private set; }

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>True where the person may begin one.</summary>
    public bool MayStart => caller.May(Permissions.ModelsUse);

    /// <summary>True where batches of others are shown, too.</summary>
    public bool SeesAll => caller.May(Permissions.RunsReadAll);

    /// <summary>Reads the first page.</summary>
    public async Task FindAsync(BatchState? state, CancellationToken cancellationToken)
    {
        State = state;
        Batches = await ReadAsync(null, cancellationToken);
        _pages = 1;
    }

    /// <summary>Reads the first page again while one on it goes on; true where anything differs.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_pages != 1 || Batches?.Any(batch => batch.State == BatchState.Running) != true)
        {
            return false;
        }

        var before = Batches;
        Batches = await ReadAsync(null, cancellationToken);
        return !before.Select(batch => (batch.Id, batch.Revision)).SequenceEqual(Batches.Select(batch => (batch.Id, batch.Revision)));
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            Batches = [.. Batches ?? [], .. await ReadAsync(_after, cancellationToken)];
            _pages++;
        }
    }

    private async Task<IReadOnlyList<Batch>> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(caller.Workspace, State, SeesAll ? null : caller.User, after, PageSize, cancellationToken);
        _after = page.After;
        return page.Items;
    }
}
