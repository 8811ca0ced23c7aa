using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Flows;

/// <summary>
/// Erases from the journals of runs what came from documents that are gone: values, what people were asked about, kept results and files. A
/// document's at once; what a crash cut off, or a run wrote that had it in its hands, after a start and every few minutes.
/// </summary>
internal sealed partial class RunErasure(IDbContextFactory<StudioDbContext> contexts, IBlobStore blobs, TimeProvider time, ILogger<RunErasure> log) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    // Events changed in one transaction: a few, for others write too.
    private const int MostTogether = 50;

    /// <summary>Erases what is left of any document that is gone.</summary>
    /// <param name="of">Of this one alone; null for all.</param>
    public async Task EraseAsync(DocumentId? of, CancellationToken cancellationToken)
    {
        while (await EraseSomeAsync(of, cancellationToken))
        {
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            try
            {
                await EraseAsync(null, stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LeftForLater(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> EraseSomeAsync(DocumentId? of, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var traces = of is { } one ? context.RunSources.Where(row => row.DocumentId == one) : context.RunSources;
        var left = await traces.AsNoTracking()
            .Where(row => !context.Documents.Any(document => document.Id == row.DocumentId))
            .OrderBy(row => row.DocumentId).ThenBy(row => row.RunId).ThenBy(row => row.Seq)
            .Take(MostTogether)
            .ToListAsync(cancellationToken);
        if (left.Count == 0)
        {
            return false;
        }

        var documents = left.Select(row => row.DocumentId).ToHashSet();
        var files = new HashSet<(WorkspaceId Workspace, RunId Run, string Sha256)>();
        await using (var transaction = await context.Database.BeginTransactionAsync(cancellationToken))
        {
            foreach (var run in left.GroupBy(row => row.RunId))
            {
                var workspace = await context.Runs.Where(row => row.Id == run.Key).Select(row => row.WorkspaceId).FirstAsync(cancellationToken);
                await EraseAsync(context, run.Key, [.. run.Select(row => row.Seq).Distinct()], documents, sha256 => files.Add((workspace, run.Key, sha256)), cancellationToken);
                await ForgetAsync(context, run.Key, documents, cancellationToken);
            }

            foreach (var row in left)
            {
                await context.RunSources.Where(trace => trace.DocumentId == row.DocumentId && trace.RunId == row.RunId && trace.Seq == row.Seq)
                    .ExecuteDeleteAsync(cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        foreach (var (workspace, run, sha256) in files)
        {
            await blobs.ReleaseAsync(workspace, sha256, FlowValue.OwnerOf(run), cancellationToken);
        }

        return true;
    }

    private static async Task EraseAsync(
        StudioDbContext context, RunId run, List<long> numbers, HashSet<DocumentId> documents, Action<string> file, CancellationToken cancellationToken)
    {
        var files = new List<string>();
        foreach (var row in await context.RunEvents.AsNoTracking().Where(row => row.RunId == run && numbers.Contains(row.Seq)).ToListAsync(cancellationToken))
        {
            var happened = RunEventCodec.Read(row.Kind, row.Seq, row.At, row.Node, row.Attempt, row.Step, row.Payload);
            var payload = RunEventCodec.Payload(RunEventValues.Erase(happened, documents, files));
            await context.RunEvents.Where(one => one.RunId == run && one.Seq == row.Seq)
                .ExecuteUpdateAsync(set => set.SetProperty(one => one.Payload, payload.Length == 0 ? null : payload), cancellationToken);
        }

        files.ForEach(file);
    }

    // What other runs could have taken of it.
    private static async Task ForgetAsync(StudioDbContext context, RunId run, HashSet<DocumentId> documents, CancellationToken cancellationToken)
    {
        foreach (var kept in await context.NodeResults.AsNoTracking().Where(row => row.RunId == run).ToListAsync(cancellationToken))
        {
            var outputs = JsonSerializer.Deserialize<Dictionary<string, FlowValue>>(kept.Outputs, FlowJson.Relaxed)!;
            if (outputs.Values.Any(value => value.Sources.Any(documents.Contains)))
            {
                await context.NodeResults.Where(row => row.WorkspaceId == kept.WorkspaceId && row.Key == kept.Key).ExecuteDeleteAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "What came from deleted documents could not be erased from the journals of runs; the next time is in a few minutes")]
    private static partial void LeftForLater(ILogger log, Exception exception);
}
