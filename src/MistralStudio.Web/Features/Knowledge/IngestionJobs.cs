using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Documents of one knowledge base on their way, as one job.</summary>
/// <param name="Share">Of the documents that were added together, 0 to 1.</param>
/// <param name="PassagesPerSecond">Null before there is a rate.</param>
/// <param name="Left">Null before there is a pace.</param>
public sealed record IngestionJob(KnowledgeBaseId Base, string Name, int Working, double Share, double? PassagesPerSecond, TimeSpan? Left);

/// <summary>What is being ingested in a workspace, seen from any of its pages.</summary>
public sealed class IngestionJobs(IKnowledgeStore store, IDocumentIntake intake, Caller caller, TimeProvider time)
{
    // Newest first; of more only these count for the share.
    private const int Watched = 200;

    private readonly Dictionary<KnowledgeBaseId, IngestionProgress> _progress = [];

    /// <summary>The jobs as they were at the last look, oldest base first.</summary>
    public IReadOnlyList<IngestionJob> Jobs { get; private set; } = [];

    /// <summary>True where the person may stop them.</summary>
    public bool MayCancel => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Looks again; true where anything differs.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (!caller.May(Permissions.KnowledgeRead))
        {
            return false;
        }

        var jobs = new List<IngestionJob>();
        foreach (var busy in await store.ListBusyBasesAsync(caller.Workspace, cancellationToken))
        {
            if (!_progress.TryGetValue(busy.Id, out var progress))
            {
                progress = _progress[busy.Id] = new IngestionProgress(time);
            }

            progress.Observe((await store.ListDocumentsAsync(caller.Workspace, busy.Id, null, null, Watched, cancellationToken)).Items);
            if (progress.Working > 0)
            {
                jobs.Add(new(busy.Id, busy.Name, progress.Working, progress.Share, progress.PassagesPerSecond, progress.Left));
            }
        }

        foreach (var done in _progress.Keys.Where(id => !jobs.Exists(job => job.Base == id)).ToList())
        {
            _progress.Remove(done);
        }

        var changed = !jobs.SequenceEqual(Jobs);
        Jobs = jobs;
        return changed;
    }

    /// <summary>Stops every document of a job that is still on its way.</summary>
    public async Task CancelAsync(IngestionJob job, CancellationToken cancellationToken)
    {
        if (!MayCancel)
        {
            return;
        }

        var documents = (await store.ListDocumentsAsync(caller.Workspace, job.Base, null, null, Watched, cancellationToken)).Items;
        await Task.WhenAll(documents
            .Where(document => document.State != DocumentState.Deleting && IngestionProgress.IsWorking(document.State))
            .Select(document => intake.CancelAsync(caller.Workspace, job.Base, document.Id, cancellationToken)));
        await RefreshAsync(cancellationToken);
    }
}
