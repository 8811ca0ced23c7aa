using System.Buffers.Binary;

namespace MistralStudio.Core.Images;

/// <summary>What an image is by its bytes, whatever it is called: the formats that models of images read.</summary>
/// <param name="MediaType"><c>image/png</c>, <c>image/jpeg</c>, <c>image/gif</c> or <c>image/webp</c>.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
public sealed record ImageShape(string MediaType, int Width, int Height)
{
    /// <summary>What a file chooser offers.</summary>
    public const string Accepted = "image/png,image/jpeg,image/gif,image/webp";

    /// <summary>True for one of the formats.</summary>
    public static bool IsType(string mediaType) => mediaType is "image/png" or "image/jpeg" or "image/gif" or "image/webp";

    /// <summary>
    /// Reads the head of an image. Only what says its format and its size is looked at, so a broken image may have one; null for everything that
    /// begins like none of the formats.
    /// </summary>
    public static ImageShape? Read(ReadOnlySpan<byte> bytes)
    {
        var shape = ReadPng(bytes) ?? ReadGif(bytes) ?? ReadWebp(bytes) ?? ReadJpeg(bytes);
        return shape is { Width: > 0, Height: > 0 } ? shape : null;
    }

    // 89 "PNG" 0D 0A 1A 0A, then the chunk IHDR: length, name, width, height (big-endian). https://www.w3.org/TR/png-3/#5PNG-file-signature
    private static ImageShape? ReadPng(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 24 && bytes[0] == 0x89 && bytes[1..8].SequenceEqual("PNG\r\n\x1a\n"u8) && bytes[12..16].SequenceEqual("IHDR"u8)
            ? new("image/png", BinaryPrimitives.ReadInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadInt32BigEndian(bytes[20..]))
            : null;

    // "GIF87a" or "GIF89a", then width and height of the screen (little-endian, 16 bits).
    private static ImageShape? ReadGif(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 10 && (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
            ? new("image/gif", BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]))
            : null;

    // "RIFF" length "WEBP", then one of three chunks. https://developers.google.com/speed/webp/docs/riff_container
    private static ImageShape? ReadWebp(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 30 || !bytes.StartsWith("RIFF"u8) || !bytes[8..12].SequenceEqual("WEBP"u8))
        {
            return null;
        }

        var data = bytes[20..];
        if (bytes[12..16].SequenceEqual("VP8X"u8))
        {
            return new("image/webp", 1 + (data[4] | (data[5] << 8) | (data[6] << 16)), 1 + (data[7] | (data[8] << 8) | (data[9] << 16)));
        }

        if (bytes[12..16].SequenceEqual("VP8L"u8) && data[0] == 0x2f)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return new("image/webp", (int)(bits & 0x3fff) + 1, (int)((bits >> 14) & 0x3fff) + 1);
        }

        return bytes[12..16].SequenceEqual("VP8 "u8) && data[3] == 0x9d && data[4] == 0x01 && data[5] == 0x2a
            ? new("image/webp", BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3fff, BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3fff)
            : null;
    }

    // FF D8, then segments FF marker length; a start of frame (C0 to CF without C4, C8 and CC) has precision, height, width.
    private static ImageShape? ReadJpeg(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8, 0xff]))
        {
            return null;
        }

        var at = 2;
        while (at + 9 < bytes.Length)
        {
            if (bytes[at] != 0xff)
            {
                return null;
            }

            var marker = bytes[at + 1];
            if (marker is 0xff or 0x01 or (>= 0xd0 and <= 0xd7))
            {
                // A filling byte, or a marker that stands alone.
                at += marker == 0xff ? 1 : 2;
                continue;
            }

            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc))
            {
                return new("image/jpeg", BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]));
            }

            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        }

        return null;
    }
}
