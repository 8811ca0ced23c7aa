using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Agents.Nodes.Send;

/// <summary>
/// Signs webhooks as standardwebhooks.com has it: <c>v1,base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}"))</c>. The timestamp is signed, so
/// that a receiver can refuse what is old.
/// </summary>
internal static class WebhookSignature
{
    private const string Prefix = "whsec_";

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="secret">The bytes of its text; base64 of the bytes where it begins with <c>whsec_</c>.</param>
    /// <param name="timestamp">Seconds since 1970.</param>
    public static string Of(string secret, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp.ToString(CultureInfo.InvariantCulture)}."), .. body];
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Bytes(secret), signed))}";
    }

    private static byte[] Bytes(string secret)
    {
        if (secret.StartsWith(Prefix, StringComparison.Ordinal))
        {
            var bytes = new byte[secret.Length];
            if (Convert.TryFromBase64String(secret[Prefix.Length..], bytes, out var count) && count > 0)
            {
                return bytes[..count];
            }
        }

        return Encoding.UTF8.GetBytes(secret);
    }
}
