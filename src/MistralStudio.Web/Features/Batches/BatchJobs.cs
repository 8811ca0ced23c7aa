using MistralStudio.Agents.Batches;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Batches;

/// <summary>Batches that go on in a workspace, and those that wait for a person, seen from any of its pages.</summary>
public sealed class BatchJobs(IBatchStore store, BatchRuns runs, Caller caller)
{
    private const int Watched = 20;

    /// <summary>Those that run, newest first.</summary>
    public IReadOnlyList<Batch> Running { get; private set; } = [];

    /// <summary>Those that are paused for a reason that a person has to mend.</summary>
    public IReadOnlyList<Batch> Paused { get; private set; } = [];

    /// <summary>True where the person may stop them.</summary>
    public bool MayCancel => caller.May(Permissions.ModelsUse);

    /// <summary>Looks again; true where anything differs.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (!caller.May(Permissions.RunsRead))
        {
            return false;
        }

        var whose = caller.May(Permissions.RunsReadAll) ? null : caller.User;
        var running = (await store.ListAsync(caller.Workspace, BatchState.Running, whose, null, Watched, cancellationToken)).Items;
        var paused = (await store.ListAsync(caller.Workspace, BatchState.Paused, whose, null, Watched, cancellationToken)).Items
            .Where(batch => batch.Reason is { } reason && reason.Code != BatchErrors.PausedByHand().Code).ToList();
        var differs = !Seen(running).SequenceEqual(Seen(Running)) || !Seen(paused).SequenceEqual(Seen(Paused));
        (Running, Paused) = (running, paused);
        return differs;
    }

    /// <summary>Ends one; what was answered is kept.</summary>
    public async Task CancelAsync(Batch batch, CancellationToken cancellationToken)
    {
        if (caller.User is { } user)
        {
            await runs.ChangeAsync(caller.Workspace, batch.Id, new BatchChange.Cancel(), user, null, cancellationToken);
            await RefreshAsync(cancellationToken);
        }
    }

    private static IEnumerable<(Core.Ids.BatchId, long)> Seen(IEnumerable<Batch> batches) => batches.Select(batch => (batch.Id, batch.Revision));
}
