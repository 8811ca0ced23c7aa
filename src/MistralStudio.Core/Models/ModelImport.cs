using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>Where a model comes from.</summary>
/// <param name="Id">The local id that it gets; null makes one of its name.</param>
public abstract record ModelSource(string? Id)
{
    /// <summary>A GGUF file, or a folder with <c>model.safetensors</c>, on the disks of this machine.</summary>
    /// <param name="Path">Absolute.</param>
    /// <param name="Link">True uses the files where they lie; false copies them.</param>
    public sealed record FromPath(string Path, bool Link = false, string? Id = null) : ModelSource(Id);

    /// <summary>A GGUF file, or a <c>model.safetensors</c> whose configuration lies beside it, on the web.</summary>
    /// <param name="Sha256">Of the weights, 64 hex digits; null where it is not known.</param>
    public sealed record FromUrl(Uri Address, string? Sha256 = null, string? Id = null) : ModelSource(Id);

    /// <summary>An entry of <see cref="IModelLibrary.Catalogue"/>.</summary>
    public sealed record FromCatalogue(string Entry) : ModelSource(Entry);
}

/// <summary>The way of a model onto this machine.</summary>
public enum ImportKind
{
    Path,
    Url,
    Catalogue,
    Upload,
}

/// <summary>How far an import has come.</summary>
public enum ImportState
{
    /// <summary>Files are being downloaded, copied or received.</summary>
    Transferring,

    /// <summary>The SHA-256 is computed.</summary>
    Verifying,

    /// <summary>Header, tokenizer and chat template are read.</summary>
    Checking,

    /// <summary>The model is installed.</summary>
    Done,

    /// <summary><see cref="ModelImport.Error"/> says why; it can be tried again where it was not an upload.</summary>
    Failed,

    Cancelled,
}

/// <summary>An import, running or ended. It survives a restart, which goes on with it where it can.</summary>
public sealed record ModelImport
{
    public required string Id { get; init; }

    /// <summary>The local id that the model has once it is installed.</summary>
    public required string Model { get; init; }

    /// <summary>What it is called meanwhile.</summary>
    public required string Name { get; init; }

    public required ImportKind Kind { get; init; }

    /// <summary>The path, address or file name that it comes from.</summary>
    public required string Source { get; init; }

    public required ImportState State { get; init; }

    /// <summary>Bytes of the present step that are done.</summary>
    public long Bytes { get; init; }

    /// <summary>Bytes of the present step; null where the other side does not tell.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Over the last seconds; null before there is a rate.</summary>
    public double? BytesPerSecond { get; init; }

    /// <summary>Until the present step is done, at the present rate; null before there is one.</summary>
    public TimeSpan? Left { get; init; }

    public Error? Error { get; init; }

    /// <summary>SHA-256 of the weights, once computed; lower-case hex.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The workspace that asked; null for the command line.</summary>
    public WorkspaceId? Workspace { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>True until it is done, failed or cancelled.</summary>
    public bool IsRunning => State is ImportState.Transferring or ImportState.Verifying or ImportState.Checking;

    /// <summary>True where the same import can be begun again.</summary>
    public bool MayRetry => State is ImportState.Failed && Kind != ImportKind.Upload;

    /// <summary>Share of the present step, 0 to 1; null where its size is not known.</summary>
    public double? Share => TotalBytes is > 0 and var total ? Math.Clamp((double)Bytes / total, 0, 1) : null;
}

/// <summary>A model that the catalogue offers; nothing of it is fetched before somebody asks.</summary>
public sealed record CatalogueModel
{
    /// <summary>The local id that it gets.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required ModelTask Task { get; init; }

    /// <summary>SPDX id, or the name of its own licence.</summary>
    public required string Licence { get; init; }

    /// <summary>Its page.</summary>
    public string Origin { get; init; } = "";

    public required IReadOnlyList<CatalogueFile> Files { get; init; }

    /// <summary>About how much memory it takes while loaded, bytes; 0 where it is not known.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Tokens that it was trained to hold.</summary>
    public int Context { get; init; }

    /// <summary>What it is good for, one sentence.</summary>
    public string GoodFor { get; init; } = "";

    /// <summary>Bytes to download; 0 where it is not known.</summary>
    public long Bytes => Files.Sum(file => file.Bytes ?? 0);
}

/// <summary>A file of a <see cref="CatalogueModel"/>.</summary>
/// <param name="Name">Its name beside the others.</param>
/// <param name="Sha256">Null where it is not known; what arrived is shown after the import then.</param>
/// <param name="Bytes">Null where it is not known.</param>
public sealed record CatalogueFile(string Name, Uri Url, string? Sha256 = null, long? Bytes = null);

/// <summary>A model in one of the folders that the operator named (<c>Inference:ModelFolders</c>).</summary>
/// <param name="Model">The local id that it would get.</param>
/// <param name="IsInstalled">True where that id is taken.</param>
public sealed record FoundModel(string Path, string Model, long Bytes, bool IsInstalled);
