namespace MistralStudio.Core.Images;

/// <summary>Images as data URIs: <c>data:image/png;base64,...</c>. What the URI calls itself does not count; nothing is fetched from an address.</summary>
public static class ImageData
{
    // 33 % more than the bytes, and what stands before them.
    private const int MostUri = (ImageRules.MostBytes / 3 * 4) + 256;

    /// <summary>The bytes of an image and what they are.</summary>
    /// <param name="name">What people call it.</param>
    public static Result<(ReadOnlyMemory<byte> Bytes, ImageShape Shape)> Read(string uri, string name)
    {
        if (!uri.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return Uri.TryCreate(uri, UriKind.Absolute, out _) ? ImageErrors.Remote() : ImageErrors.BadData();
        }

        var comma = uri.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !uri.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
        {
            return ImageErrors.BadData();
        }

        if (uri.Length > MostUri)
        {
            return ImageErrors.TooLarge(name);
        }

        var bytes = new byte[(uri.Length - comma) / 4 * 3 + 3];
        if (!Convert.TryFromBase64Chars(uri.AsSpan(comma + 1), bytes, out var length))
        {
            return ImageErrors.BadData();
        }

        var shape = ImageRules.Check(bytes.AsSpan(0, length), name);
        return shape.IsSuccess ? ((ReadOnlyMemory<byte>)bytes.AsMemory(0, length), shape.Value) : shape.Error;
    }

    /// <summary>An image as a data URI.</summary>
    public static string Write(string mediaType, ReadOnlySpan<byte> bytes) => $"data:{mediaType};base64,{Convert.ToBase64String(bytes)}";
}
