using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="IFlowPins"/>
internal sealed class FlowPinStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IFlowPins
{
    public async Task<IReadOnlyDictionary<string, FlowPin>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.FlowPins.AsNoTracking()
            .Where(row => row.FlowId == flow && context.Flows.Any(one => one.Id == flow && one.WorkspaceId == workspace)).ToListAsync(cancellationToken);
        return rows.ToDictionary(row => row.Node, row => new FlowPin(row.RunId, row.Instance) { By = UserId.From(row.PinnedBy), At = row.PinnedAt }, StringComparer.Ordinal);
    }

    public async Task<bool> PinAsync(WorkspaceId workspace, FlowId flow, string node, FlowPin pin, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Runs.AnyAsync(row => row.Id == pin.Run && row.FlowId == flow && row.WorkspaceId == workspace, cancellationToken))
        {
            return false;
        }

        // Two who pin the same node one after the other: the later one counts.
        await context.FlowPins.Where(row => row.FlowId == flow && row.Node == node).ExecuteDeleteAsync(cancellationToken);
        context.FlowPins.Add(new FlowPinRow { FlowId = flow, Node = node, RunId = pin.Run, Instance = pin.Instance, PinnedBy = pin.By?.Value ?? Guid.Empty, PinnedAt = time.GetUtcNow() });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async Task RenameAsync(WorkspaceId workspace, FlowId flow, string node, string renamed, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Flows.AnyAsync(one => one.Id == flow && one.WorkspaceId == workspace, cancellationToken))
        {
            return;
        }

        var pins = await context.FlowPins.Where(row => row.FlowId == flow).ToListAsync(cancellationToken);
        var moving = pins.Where(row => row.Node == node || row.Node.StartsWith($"{node}/", StringComparison.Ordinal)).ToList();
        var places = moving.Select(row => renamed + row.Node[node.Length..]).ToHashSet(StringComparer.Ordinal);
        // What was left of a node that had the name before gives way.
        context.FlowPins.RemoveRange(pins.Where(row => moving.Contains(row) || places.Contains(row.Node)));
        await context.SaveChangesAsync(cancellationToken);
        context.FlowPins.AddRange(moving.Select(row => new FlowPinRow
        {
            FlowId = flow, Node = renamed + row.Node[node.Length..], RunId = row.RunId, Instance = row.Instance, PinnedBy = row.PinnedBy, PinnedAt = row.PinnedAt,
        }));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task UnpinAsync(WorkspaceId workspace, FlowId flow, string node, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.FlowPins.Where(row => row.FlowId == flow && row.Node == node && context.Flows.Any(one => one.Id == flow && one.WorkspaceId == workspace)).ExecuteDeleteAsync(cancellationToken);
    }
}
