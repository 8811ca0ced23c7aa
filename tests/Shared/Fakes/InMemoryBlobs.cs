using System.Collections.Concurrent;
using System.Security.Cryptography;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Blobs in memory, with references counted by owner.</summary>
public sealed class InMemoryBlobs : IBlobStore
{
    private readonly ConcurrentDictionary<(WorkspaceId Workspace, string Sha256), (byte[] Content, ConcurrentDictionary<string, byte> Owners)> _blobs = new();

    /// <summary>Files kept.</summary>
    public int Count => _blobs.Count;

    /// <inheritdoc/>
    public async Task<Result<BlobReference>> PutAsync(
        WorkspaceId workspace, string owner, Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, cancellationToken);
        if (buffer.Length > maxBytes)
        {
            return new Error("blob.too_large", $"The file is longer than {Size.Format(maxBytes)}.", "Send a smaller one.");
        }

        var bytes = buffer.ToArray();
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        _blobs.GetOrAdd((workspace, sha256), _ => (bytes, new())).Owners[owner] = 0;
        return new BlobReference(sha256, bytes.Length);
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(_blobs.TryGetValue((workspace, sha256), out var blob) ? new MemoryStream(blob.Content, writable: false) : null);

    /// <inheritdoc/>
    public Task ReleaseAsync(WorkspaceId workspace, string sha256, string owner, CancellationToken cancellationToken)
    {
        if (_blobs.TryGetValue((workspace, sha256), out var blob))
        {
            blob.Owners.TryRemove(owner, out _);
            if (blob.Owners.IsEmpty)
            {
                _blobs.TryRemove((workspace, sha256), out _);
            }
        }

        return Task.CompletedTask;
    }
}
