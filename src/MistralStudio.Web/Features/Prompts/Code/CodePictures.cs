using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>Images as code shows them: data URIs, or what stands for one that is too long to be read in code.</summary>
public static class CodePictures
{
    // More of an image nobody reads, and the page would carry it for every language.
    private const long MostInCode = 64 * 1024;

    /// <summary>True where something stands for one of the images.</summary>
    public static bool LeavesOut(IEnumerable<MessageImage> images) => images.Any(image => image.Bytes > MostInCode);

    /// <summary>The images by hash.</summary>
    /// <param name="open">Opens one; null where it is gone.</param>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(IEnumerable<MessageImage> images, Func<MessageImage, Task<Stream?>> open, CancellationToken cancellationToken)
    {
        var pictures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            pictures[image.Sha256] = $"data:{image.MediaType};base64,<base64 of {image.Name}>";
            if (image.Bytes <= MostInCode && await open(image) is { } stored)
            {
                await using (stored)
                {
                    using var bytes = new MemoryStream();
                    await stored.CopyToAsync(bytes, cancellationToken);
                    pictures[image.Sha256] = ImageData.Write(image.MediaType, bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
                }
            }
        }

        return pictures;
    }
}
