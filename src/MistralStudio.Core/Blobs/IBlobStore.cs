using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Blobs;

/// <summary>
/// Files by content. The key is (workspace, SHA-256); references are counted by owner, and a file goes with its last one. Nothing is
/// shared across workspaces.
/// </summary>
public interface IBlobStore
{
    /// <summary>
    /// Streams a file to disk, then commits it under its hash for <paramref name="owner"/>. Fails where it is longer than
    /// <paramref name="maxBytes"/> (<c>blob.too_large</c>) or the disk is full; nothing is kept then.
    /// </summary>
    Task<Result<BlobReference>> PutAsync(WorkspaceId workspace, string owner, Stream content, long maxBytes, CancellationToken cancellationToken);

    /// <summary>Opens a file for reading; null where the workspace has none with this hash.</summary>
    Task<Stream?> OpenAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken);

    /// <summary>Drops an owner's reference, and the file with its last one.</summary>
    Task ReleaseAsync(WorkspaceId workspace, string sha256, string owner, CancellationToken cancellationToken);
}

/// <summary>A stored file.</summary>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record BlobReference(string Sha256, long Bytes);
