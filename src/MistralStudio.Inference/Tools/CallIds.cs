using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Inference.Tools;

/// <summary>Ids of calls: nine letters and digits, the only form that Mistral's templates take and every other one takes too.</summary>
internal static class CallIds
{
    private const int Length = 9;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>A new one.</summary>
    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>An id of that form: the same one for the same text, so that a result finds its call.</summary>
    public static string Short(string id)
    {
        if (id.Length == Length && id.All(char.IsAsciiLetterOrDigit))
        {
            return id;
        }

        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        return string.Create(Length, hash, static (text, bytes) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = Alphabet[bytes[i] % Alphabet.Length];
            }
        });
    }
}
