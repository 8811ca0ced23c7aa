using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>Brings models onto this machine and takes them off it. What arrives is checked before <see cref="IModelHost"/> sees it.</summary>
public interface IModelLibrary
{
    /// <summary>What may be fetched with one click; the operator edits the file (<c>Inference:CataloguePath</c>).</summary>
    Result<IReadOnlyList<CatalogueModel>> Catalogue();

    /// <summary>Models in the folders that the operator named.</summary>
    IReadOnlyList<FoundModel> Scan();

    /// <summary>Imports that run, and the last that ended; newest first.</summary>
    IReadOnlyList<ModelImport> Imports();

    /// <summary>Begins an import and returns; it goes on by itself.</summary>
    /// <param name="workspace">Who asks, and whose allowed hosts count; null for the command line.</param>
    Task<Result<ModelImport>> StartAsync(ModelSource source, WorkspaceId? workspace, CancellationToken cancellationToken);

    /// <summary>Begins an import whose files the caller hands over.</summary>
    /// <param name="name">A file name, which the id is made of where <paramref name="id"/> is null.</param>
    /// <param name="bytes">What will come, for the check of the free space.</param>
    Result<IModelUpload> BeginUpload(string name, string? id, long bytes, WorkspaceId workspace);

    /// <summary>Begins a failed import again; a download goes on where it stopped.</summary>
    Task<Result<ModelImport>> RetryAsync(string import, CancellationToken cancellationToken);

    /// <summary>Stops a running import and removes what came of it; takes an ended one off the list.</summary>
    Task<Result<Unit>> CancelAsync(string import, CancellationToken cancellationToken);

    /// <summary>Waits until an import has ended.</summary>
    /// <param name="progress">Told of it a few times a second; null for nobody.</param>
    Task<ModelImport> WaitAsync(string import, Action<ModelImport>? progress, CancellationToken cancellationToken);

    /// <summary>Removes a model's files; refused while something uses it, saying where, and for models that the product brings along.</summary>
    /// <param name="asker">Things of other workspaces are counted, not named; null names all.</param>
    Task<Result<Unit>> RemoveAsync(string model, WorkspaceId? asker, CancellationToken cancellationToken);
}

/// <summary>An import whose files the caller hands over one after another. Disposing it before <see cref="Complete"/> takes all back.</summary>
public interface IModelUpload : IAsyncDisposable
{
    /// <summary>Writes a file to disk as it comes; fails where its name is no part of a model.</summary>
    Task<Result<Unit>> AddAsync(string fileName, Stream content, CancellationToken cancellationToken);

    /// <summary>All files are there; checking goes on by itself.</summary>
    Result<ModelImport> Complete();
}

/// <summary>Fetches a file from the web under the guard of the way out.</summary>
public interface IModelDownload
{
    /// <summary>
    /// Writes what an address holds into a file. Where the file has a beginning already and its ETag is the server's, only the rest is fetched;
    /// a connection that breaks is made again a few times.
    /// </summary>
    Task<Result<Unit>> FetchAsync(DownloadRequest request, CancellationToken cancellationToken);
}

/// <summary>One file to fetch.</summary>
/// <param name="Workspace">Whose allowed hosts count beside the operator's.</param>
/// <param name="File">Where to write it.</param>
/// <param name="Validator">ETag or date of the beginning in <paramref name="File"/>; null where there is none.</param>
/// <param name="OnHead">Told the whole size (null where it is not told) and the validator; an error ends it before a byte is written.</param>
/// <param name="OnProgress">Told the bytes in the file.</param>
public sealed record DownloadRequest(
    WorkspaceId? Workspace, Uri Address, string File, string? Validator, long MaxBytes, Func<long?, string?, Error?> OnHead, Action<long> OnProgress);

/// <summary>What uses a model, wherever it is named; asked before one is removed.</summary>
public interface IModelUses
{
    Task<IReadOnlyList<ModelUsage>> ListAsync(string model, CancellationToken cancellationToken);
}

/// <summary>One place that names a model.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name for people; empty for a default.</param>
public sealed record ModelUsage(WorkspaceId Workspace, ModelUsageKind Kind, string Name);

/// <summary>What can name a model.</summary>
public enum ModelUsageKind
{
    /// <summary>An app, as a draft or published.</summary>
    App,

    /// <summary>A knowledge base, whose vectors are this model's.</summary>
    KnowledgeBase,

    /// <summary>A workspace's default model for a task.</summary>
    Default,
}
