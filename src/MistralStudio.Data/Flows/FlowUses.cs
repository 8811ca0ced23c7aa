using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <inheritdoc cref="IFlowUses"/>
internal sealed class FlowUses(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IFlowUses
{
    public async Task<IReadOnlyList<FlowUse>> ListAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Flows.AsNoTracking().Where(row => row.Id == flow && row.WorkspaceId == workspace).Select(row => row.Slug).FirstOrDefaultAsync(cancellationToken) is { } slug
            ? await ListAsync(context, workspace, flow, slug, cancellationToken)
            : [];
    }

    public async Task<IReadOnlyList<FlowCallCount>> ListCallsAsync(WorkspaceId workspace, FlowId flow, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var since = time.GetUtcNow().AddDays(-IFlowUses.Days);
        return
        [
            .. (await context.Runs.AsNoTracking().Where(row => row.WorkspaceId == workspace && row.FlowId == flow && row.StartedAt >= since && row.Trigger != RunTrigger.Replay)
                .GroupBy(row => new { row.Version, row.Trigger }).Select(group => new { group.Key.Version, group.Key.Trigger, Count = group.Count(), At = group.Max(row => row.StartedAt) })
                .ToListAsync(cancellationToken))
                .Select(row => new FlowCallCount(row.Version, row.Trigger, row.Count, row.At)).OrderByDescending(row => row.Count).ThenByDescending(row => row.LastAt),
        ];
    }

    /// <summary>Why a flow may not be deleted: each place in words.</summary>
    public static async Task<IReadOnlyList<string>> PlacesAsync(StudioDbContext context, WorkspaceId workspace, FlowId flow, string slug, CancellationToken cancellationToken) =>
        [.. (await ListAsync(context, workspace, flow, slug, cancellationToken)).Select(use => StoredDefinition.Describe(use.Kind, use.Name, use.Version)).Distinct(StringComparer.Ordinal)];

    private static async Task<IReadOnlyList<FlowUse>> ListAsync(StudioDbContext context, WorkspaceId workspace, FlowId flow, string slug, CancellationToken cancellationToken)
    {
        // As a model it is flow:slug, as a step and as a tool slug alone.
        var found = await StoredDefinitions.FindAsync(context, workspace, slug, cancellationToken);
        return
        [
            .. found.Where(one => one.Id != flow.Value)
                .SelectMany(one => References(one, slug).Distinct().Select(number => new FlowUse(number, one.Kind, one.Id, one.Name, one.Version)))
                .OrderBy(use => use.Kind).ThenBy(use => use.Name, StringComparer.OrdinalIgnoreCase),
        ];
    }

    // Numbers of the versions that are named; null for the latest.
    private static IEnumerable<int?> References(StoredDefinition definition, string slug) => definition.Models()
        .Select(name => ModelReference.TryParse(name, out var reference) ? reference : null).OfType<ModelReference>()
        .Where(reference => reference.Kind == ModelReferenceKind.Flow && reference.Name == slug).Select(reference => NumberOf(reference.Detail))
        .Concat(definition.Flows().Select(text => text.Split('@')).Where(parts => parts[0] == slug).Select(parts => NumberOf(parts.ElementAtOrDefault(1))));

    private static int? NumberOf(string? detail) => int.TryParse(detail, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
