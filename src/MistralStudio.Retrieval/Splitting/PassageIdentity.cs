using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core.Ids;

namespace MistralStudio.Retrieval.Splitting;

/// <summary>The id of a passage follows from what it is: the same text of the same document keeps it.</summary>
internal static class PassageIdentity
{
    /// <summary>SHA-256 of the text with its section and the header of its table, lower-case hex.</summary>
    public static string HashContent(string text, string? section, string? header = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(section ?? ""));
        hash.AppendData([0]);
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        if (header is not null)
        {
            hash.AppendData([0]);
            hash.AppendData(Encoding.UTF8.GetBytes(header));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A version 5 UUID (RFC 9562, 5.5) in the document's name space.</summary>
    /// <param name="occurrence">How many passages before it in the document have the same content.</param>
    public static PassageId Create(DocumentId document, string contentHash, int occurrence)
    {
        var name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{contentHash}/{occurrence}"));
        Span<byte> input = stackalloc byte[16 + name.Length];
        document.Value.TryWriteBytes(input, bigEndian: true, out _);
        name.CopyTo(input[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Version 5 is defined with SHA-1; nothing relies on its strength.
        SHA1.HashData(input, hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new PassageId(new Guid(hash[..16], bigEndian: true));
    }
}
