using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Knowledge;

namespace MistralStudio.Data.Connections;

/// <inheritdoc cref="IDataClasses"/>
internal sealed class DataClassStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IDataClasses
{
    public async Task<bool> StaysAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Workspaces.AnyAsync(row => row.Id == workspace && row.StaysOnMachine, cancellationToken);
    }

    public async Task<Error?> FindRefusalAsync(WorkspaceId workspace, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        if (await StaysAsync(workspace, cancellationToken))
        {
            return ConnectionErrors.WorkspaceStays();
        }

        if (knowledge.Count == 0)
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var name = await context.KnowledgeBases.Where(row => row.WorkspaceId == workspace && row.StaysOnMachine && knowledge.Contains(row.Id))
            .OrderBy(row => row.Id).Select(row => row.Name).FirstOrDefaultAsync(cancellationToken);
        return name is null ? null : ConnectionErrors.KnowledgeStays(name);
    }

    public async Task<Error?> FindRefusalOfDocumentsAsync(WorkspaceId workspace, IReadOnlyCollection<DocumentId> documents, CancellationToken cancellationToken)
    {
        if (documents.Count == 0)
        {
            return await FindRefusalAsync(workspace, [], cancellationToken);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var knowledge = await context.Documents.Where(row => row.WorkspaceId == workspace && documents.Contains(row.Id))
            .Select(row => row.KnowledgeBaseId).Distinct().ToListAsync(cancellationToken);
        return await FindRefusalAsync(workspace, knowledge, cancellationToken);
    }

    public async Task SetAsync(WorkspaceId workspace, bool stays, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.Workspaces.FirstAsync(found => found.Id == workspace, cancellationToken);
        if (row.StaysOnMachine == stays)
        {
            return;
        }

        row.StaysOnMachine = stays;
        await AuditTrail.AppendAsync(context, workspace, by, "data.class_changed", row.Slug, Words(stays), time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<bool> SetAsync(WorkspaceId workspace, KnowledgeBaseId id, bool stays, UserId by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.Bases(workspace).FirstOrDefaultAsync(found => found.Id == id, cancellationToken);
        if (row is null || row.StaysOnMachine == stays)
        {
            return row is not null;
        }

        row.StaysOnMachine = stays;
        await AuditTrail.AppendAsync(context, workspace, by, "data.class_changed", row.Name, Words(stays), time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static string Words(bool stays) => stays ? "stays on this machine" : "may be sent to connections";
}
