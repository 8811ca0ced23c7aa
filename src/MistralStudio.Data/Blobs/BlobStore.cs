using System.Buffers;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Blobs;

/// <summary>
/// Files under <c>blobs/{workspace}/{first two hex digits}/{hash}</c>. A file is written beside its place and flushed to the disk; it takes
/// its place before its row is committed and leaves it after its row is gone, each time while the database's one write lock is held. So a
/// row always has its file, also where one person adds what another deletes; a file without a row is waste, never a loss.
/// </summary>
internal sealed class BlobStore(IDbContextFactory<StudioDbContext> contexts, DataFolder folder, TimeProvider time) : IBlobStore
{
    private const int BufferBytes = 128 * 1024;

    public async Task<Result<BlobReference>> PutAsync(
        WorkspaceId workspace, string owner, Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(folder.Incoming, Guid.NewGuid().ToString("N"));
        try
        {
            Directory.CreateDirectory(folder.Incoming);
            var written = await WriteAsync(temporary, content, maxBytes, cancellationToken);
            if (!written.IsSuccess)
            {
                return written;
            }

            await CommitAsync(workspace, owner, written.Value, temporary, cancellationToken);
            return written;
        }
        catch (Exception exception) when (DiskSpace.IsFull(exception))
        {
            return KnowledgeErrors.DiskFull();
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task<Stream?> OpenAsync(WorkspaceId workspace, string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Blobs.AnyAsync(row => row.WorkspaceId == workspace && row.Sha256 == sha256, cancellationToken)
            ? new FileStream(PathOf(workspace, sha256), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, useAsync: true)
            : null;
    }

    public async Task ReleaseAsync(WorkspaceId workspace, string sha256, string owner, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.BlobReferences.Where(row => row.WorkspaceId == workspace && row.Sha256 == sha256 && row.Owner == owner)
            .ExecuteDeleteAsync(cancellationToken);
        var gone = await context.Blobs
            .Where(row => row.WorkspaceId == workspace && row.Sha256 == sha256
                && !context.BlobReferences.Any(reference => reference.WorkspaceId == workspace && reference.Sha256 == sha256))
            .ExecuteDeleteAsync(cancellationToken) > 0;
        await transaction.CommitAsync(cancellationToken);
        if (gone)
        {
            await RemoveFileAsync(context, workspace, sha256, cancellationToken);
        }
    }

    // Its row is committed as gone; somebody may have added the same bytes since, so it is looked up once more under the write lock.
    private async Task RemoveFileAsync(StudioDbContext context, WorkspaceId workspace, string sha256, CancellationToken cancellationToken)
    {
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await context.Blobs.AnyAsync(row => row.WorkspaceId == workspace && row.Sha256 == sha256, cancellationToken)
            && File.Exists(PathOf(workspace, sha256)))
        {
            File.Delete(PathOf(workspace, sha256));
        }
    }

    private static async Task<Result<BlobReference>> WriteAsync(string path, Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            long bytes = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                bytes += read;
                if (bytes > maxBytes)
                {
                    return BlobErrors.TooLarge(bytes, maxBytes);
                }

                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
            return new BlobReference(Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task CommitAsync(WorkspaceId workspace, string owner, BlobReference blob, string temporary, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var place = PathOf(workspace, blob.Sha256);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);

        // The commit's fsync carries the rename along.
        File.Move(temporary, place, overwrite: true);
        if (!await context.Blobs.AnyAsync(row => row.WorkspaceId == workspace && row.Sha256 == blob.Sha256, cancellationToken))
        {
            context.Blobs.Add(new BlobRow { WorkspaceId = workspace, Sha256 = blob.Sha256, Bytes = blob.Bytes, CreatedAt = time.GetUtcNow() });
        }

        if (!await context.BlobReferences.AnyAsync(
            row => row.WorkspaceId == workspace && row.Sha256 == blob.Sha256 && row.Owner == owner, cancellationToken))
        {
            context.BlobReferences.Add(new BlobReferenceRow { WorkspaceId = workspace, Sha256 = blob.Sha256, Owner = owner });
        }

        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private string PathOf(WorkspaceId workspace, string sha256) => Path.Combine(folder.Blobs, workspace.ToString(), sha256[..2], sha256);
}

/// <summary>Expected failures of files.</summary>
internal static class BlobErrors
{
    public static Error TooLarge(long bytes, long limit) => new(
        "blob.too_large", $"This file is larger than the limit of {Size.Format(limit)}: more than {Size.Format(bytes)} arrived.", "Split it, or raise the limit.");
}
