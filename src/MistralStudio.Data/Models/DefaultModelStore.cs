using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Data.Audit;

namespace MistralStudio.Data.Models;

/// <inheritdoc cref="IDefaultModels"/>
internal sealed class DefaultModelStore(IDbContextFactory<StudioDbContext> contexts, TimeProvider time) : IDefaultModels, IModelAudit
{
    public async Task<IReadOnlyDictionary<ModelTask, string>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.DefaultModels.AsNoTracking().Where(row => row.WorkspaceId == workspace).ToDictionaryAsync(row => row.Task, row => row.Model, cancellationToken);
    }

    public async Task SetAsync(WorkspaceId workspace, ModelTask task, string? model, UserId? by, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await context.DefaultModels.FirstOrDefaultAsync(found => found.WorkspaceId == workspace && found.Task == task, cancellationToken);
        if (row?.Model == model)
        {
            return;
        }

        if (row is not null)
        {
            context.DefaultModels.Remove(row);
            await context.SaveChangesAsync(cancellationToken);
        }

        if (model is not null)
        {
            context.DefaultModels.Add(new DefaultModelRow { WorkspaceId = workspace, Task = task, Model = model });
        }

        await AuditTrail.AppendAsync(context, workspace, by, "model.default_changed", model ?? "", $"{task}", time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task AppendAsync(WorkspaceId workspace, UserId? by, string action, string model, string detail, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AuditTrail.AppendAsync(context, workspace, by, action, model, detail, time, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
