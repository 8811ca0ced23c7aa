using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Work;
using MistralStudio.Retrieval.Ingestion;

namespace MistralStudio.Retrieval.Sources;

/// <inheritdoc cref="IKnowledgeSources"/>
internal sealed class KnowledgeSources(
    ISourceStore store, DocumentIntake intake, IWorkOwner work, IOptions<KnowledgeOptions> options, TimeProvider time) : IKnowledgeSources
{
    /// <summary>Raised when a source was added, changed or removed; from any thread.</summary>
    public event Action? Changed;

    public IReadOnlyList<string> AllowedRoots => options.Value.SourceRoots;

    public async Task<Result<KnowledgeSource>> AddAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, UserId? addedBy, CancellationToken cancellationToken)
    {
        settings = settings with { Location = settings.Location.Trim(), Schedule = settings.Schedule is { Length: > 0 } schedule ? schedule.Trim() : null };
        if (Refuse(settings) is { } refused)
        {
            return refused;
        }

        if (await store.AddAsync(workspace, id, settings, SourceSchedule.Next(settings.Schedule, time.GetUtcNow()), addedBy, cancellationToken) is not { } added)
        {
            return KnowledgeErrors.BaseNotFound();
        }

        await BeginAsync(added, cancellationToken);
        Changed?.Invoke();
        return await store.FindAsync(added.Id, cancellationToken) is { } begun ? begun : SourceErrors.NotFound();
    }

    public Task<IReadOnlyList<KnowledgeSource>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        store.ListAsync(workspace, id, cancellationToken);

    public async Task<KnowledgeSource?> FindAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken) =>
        await store.FindAsync(source, cancellationToken) is { } found && found.Base == id && found.Workspace == workspace ? found : null;

    public async Task<Result<KnowledgeSource>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceId source, SourceSettings settings, CancellationToken cancellationToken)
    {
        if (await FindAsync(workspace, id, source, cancellationToken) is not { } found)
        {
            return SourceErrors.NotFound();
        }

        settings = settings with { Kind = found.Settings.Kind, Location = found.Settings.Location };
        if (Refuse(settings) is { } refused)
        {
            return refused;
        }

        await store.ChangeAsync(source, settings, SourceSchedule.Next(settings.Schedule, time.GetUtcNow()), cancellationToken);
        Changed?.Invoke();
        return await FindAsync(workspace, id, source, cancellationToken) is { } changed ? changed : SourceErrors.NotFound();
    }

    public async Task<Result<KnowledgeSource>> SyncAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken)
    {
        if (await FindAsync(workspace, id, source, cancellationToken) is not { } found)
        {
            return SourceErrors.NotFound();
        }

        await BeginAsync(found, cancellationToken);
        return await FindAsync(workspace, id, source, cancellationToken) is { } begun ? begun : SourceErrors.NotFound();
    }

    public async Task<Result<Unit>> RemoveAsync(
        WorkspaceId workspace, KnowledgeBaseId id, SourceId source, bool withDocuments, UserId? removedBy, CancellationToken cancellationToken)
    {
        if (await FindAsync(workspace, id, source, cancellationToken) is null)
        {
            return SourceErrors.NotFound();
        }

        foreach (var item in withDocuments ? await store.ListItemsAsync(source, cancellationToken) : [])
        {
            await intake.DeleteAsync(workspace, id, item.Document, removedBy, cancellationToken);
        }

        await store.RemoveAsync(source, cancellationToken);
        Changed?.Invoke();
        return default(Unit);
    }

    /// <summary>Begins to read a source; its schedule moves on.</summary>
    public async Task BeginAsync(KnowledgeSource source, CancellationToken cancellationToken)
    {
        await store.BeginSyncAsync(source.Id, SourceSchedule.Next(source.Settings.Schedule, time.GetUtcNow()), cancellationToken);
        await work.StartAsync(SourceSync.Work(source.Id), CancellationToken.None);
    }

    private Error? Refuse(SourceSettings settings)
    {
        var (deepest, most) = settings.Kind == SourceKind.Web
            ? (SourceSettings.DeepestWeb, SourceSettings.MostPages)
            : (SourceSettings.DeepestFolder, SourceSettings.MostFiles);
        return settings.Depth < 0 || settings.Depth > deepest ? SourceErrors.OutOfBounds("The depth", deepest)
            : settings.MaxItems < 1 || settings.MaxItems > most ? SourceErrors.OutOfBounds("The limit", most)
            : !SourceSchedule.IsValid(settings.Schedule) ? SourceErrors.BadSchedule(settings.Schedule!)
            : settings.Kind == SourceKind.Web ? WebReading.Refuse(settings.Location) : FolderListing.Refuse(settings.Location, AllowedRoots);
    }
}
