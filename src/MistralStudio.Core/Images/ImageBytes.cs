using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Images;

/// <summary>The bytes of images of messages.</summary>
public static class ImageBytes
{
    /// <summary>
    /// Reads each image once, by hash; fails where one is gone. Whoever asks has seen that the messages are the reader's to show: here images are
    /// opened by their hash alone.
    /// </summary>
    public static async Task<Result<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>>> ReadAsync(
        IBlobStore blobs, WorkspaceId workspace, IEnumerable<MessageImage> images, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var image in images.DistinctBy(image => image.Sha256))
        {
            await using var stored = await blobs.OpenAsync(workspace, image.Sha256, cancellationToken);
            if (stored is null)
            {
                return ImageErrors.Gone();
            }

            using var bytes = new MemoryStream((int)image.Bytes);
            await stored.CopyToAsync(bytes, cancellationToken);
            read[image.Sha256] = bytes.ToArray();
        }

        return read;
    }
}
