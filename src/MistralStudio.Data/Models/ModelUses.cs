using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Models;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Models;

/// <inheritdoc cref="IModelUses"/>
internal sealed class ModelUses(IDbContextFactory<StudioDbContext> contexts) : IModelUses
{
    public async Task<IReadOnlyList<ModelUsage>> ListAsync(string model, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var uses = await context.KnowledgeBases.AsNoTracking().Where(row => row.EmbeddingModel == model).OrderBy(row => row.Name)
            .Select(row => new ModelUsage(row.WorkspaceId, ModelUsageKind.KnowledgeBase, row.Name)).ToListAsync(cancellationToken);
        uses.AddRange(await context.DefaultModels.AsNoTracking().Where(row => row.Model == model)
            .Select(row => new ModelUsage(row.WorkspaceId, ModelUsageKind.Default, "")).ToListAsync(cancellationToken));

        // The text finds those that may name it, the definition says which do.
        var text = $"\"{model}\"";
        var drafts = await context.Apps.AsNoTracking().Where(row => row.Draft.Contains(text))
            .Select(row => new { row.WorkspaceId, row.Name, Json = row.Draft }).ToListAsync(cancellationToken);
        var published = await context.Apps.AsNoTracking()
            .Join(context.AppVersions, app => new { Id = app.Id, Number = app.PublishedVersion }, version => new { Id = version.AppId, Number = (int?)version.Number }, (app, version) => new { app.WorkspaceId, app.Name, Json = version.Definition })
            .Where(row => row.Json.Contains(text)).ToListAsync(cancellationToken);
        uses.AddRange(drafts.Concat(published)
            .Where(row => StudioJson.Read(row.Json, StudioJson.Default.AppDefinition).Model == model)
            .Select(row => new ModelUsage(row.WorkspaceId, ModelUsageKind.App, row.Name))
            .Distinct());
        return uses;
    }
}
