using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="INodeResults"/>
internal sealed class NodeResultStore(IDbContextFactory<StudioDbContext> contexts) : INodeResults
{
    public async ValueTask<IReadOnlyDictionary<string, FlowValue>?> FindAsync(WorkspaceId workspace, string key, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var json = await context.NodeResults.Where(row => row.WorkspaceId == workspace && row.Key == key).Select(row => row.Outputs).FirstOrDefaultAsync(cancellationToken);
        if (json is null)
        {
            return null;
        }

        var outputs = JsonSerializer.Deserialize<Dictionary<string, FlowValue>>(json, FlowJson.Relaxed)!;
        List<DocumentId> sources = [.. outputs.Values.SelectMany(value => value.Sources).Distinct()];
        if (sources.Count == 0)
        {
            return outputs;
        }

        var there = await context.Documents.CountAsync(
            row => sources.Contains(row.Id) && row.WorkspaceId == workspace && row.State != DocumentState.Deleting, cancellationToken);
        return there == sources.Count ? outputs : null;
    }

    public async ValueTask KeepAsync(
        WorkspaceId workspace, string key, RunId run, IReadOnlyDictionary<string, FlowValue> outputs, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var json = JsonSerializer.Serialize(outputs, FlowJson.Relaxed);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var known = context.NodeResults.Where(row => row.WorkspaceId == workspace && row.Key == key);
        if (await known.ExecuteUpdateAsync(set => set.SetProperty(row => row.Outputs, json).SetProperty(row => row.RunId, run), cancellationToken) == 0)
        {
            context.NodeResults.Add(new NodeResultRow { WorkspaceId = workspace, Key = key, RunId = run, Outputs = json });
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
