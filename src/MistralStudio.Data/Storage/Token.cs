using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Data.Storage;

/// <summary>One-time and bearer tokens: random, given out once, kept as their hash.</summary>
internal static class Token
{
    /// <summary>16 random bytes as 22 characters base64url: what a link carries.</summary>
    public static string NewLink() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>32 random bytes as 43 characters base64url: what a key carries.</summary>
    public static string NewKey() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>SHA-256, lower-case hex. Enough for tokens: they are random, there is nothing to guess.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
