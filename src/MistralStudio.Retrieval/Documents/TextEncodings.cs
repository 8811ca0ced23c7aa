using System.Text;
using System.Text.RegularExpressions;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Guesses the encoding of a text file: a byte order mark, UTF-16 without one, UTF-8, those of East Asia and Cyrillic, and else Windows-1252.</summary>
internal static partial class TextEncodings
{
    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Where Windows-1252 differs from Latin-1: 0x80 to 0x9F.
    private const string Windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    /// <summary>The text, with line ends as <c>\n</c>, without a byte order mark and control characters.</summary>
    public static string Decode(byte[] bytes)
    {
        var text = bytes.AsSpan() switch
        {
            [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8.GetString(bytes, 3, bytes.Length - 3),
            [0xFF, 0xFE, ..] => Encoding.Unicode.GetString(bytes, 2, bytes.Length - 2),
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode.GetString(bytes, 2, bytes.Length - 2),
            var span => LooksLikeUtf16(span)?.GetString(bytes) ?? DecodeUnmarked(bytes),
        };
        return Clean(text);
    }

    /// <summary>UTF-16 of mostly Latin text has a zero in every other byte; null where it has not.</summary>
    public static Encoding? LooksLikeUtf16(ReadOnlySpan<byte> bytes)
    {
        int even = 0, odd = 0;
        var length = Math.Min(bytes.Length, 4096) & ~1;
        for (var i = 0; i < length; i += 2)
        {
            even += bytes[i] == 0 ? 1 : 0;
            odd += bytes[i + 1] == 0 ? 1 : 0;
        }

        return length < 4 ? null
            : odd * 2 > length * .7 && even * 20 < length ? Encoding.Unicode
            : even * 2 > length * .7 && odd * 20 < length ? Encoding.BigEndianUnicode
            : null;
    }

    /// <summary>The text of a web page: as the file itself, or its <c>meta</c> element, names the encoding.</summary>
    public static string DecodeHtml(byte[] bytes)
    {
        var head = Encoding.Latin1.GetString(bytes, 0, Math.Min(bytes.Length, 2048));
        var named = Charset().Match(head);
        if (!named.Success || bytes.AsSpan() is [0xEF, 0xBB, 0xBF, ..] or [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return Decode(bytes);
        }

        try
        {
            return Clean(Named(named.Groups[1].Value).GetString(bytes));
        }
        catch (ArgumentException)
        {
            return Decode(bytes);
        }
    }

    private static Encoding Named(string name) => CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);

    private static string DecodeUnmarked(byte[] bytes)
    {
        try
        {
            return s_strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return ForeignEncodings.Decode(bytes) ?? string.Create(bytes.Length, bytes, static (chars, source) =>
            {
                for (var i = 0; i < source.Length; i++)
                {
                    chars[i] = source[i] is >= 0x80 and <= 0x9F ? Windows1252[source[i] - 0x80] : (char)source[i];
                }
            });
        }
    }

    [GeneratedRegex(@"<meta[^>]+charset\s*=\s*[""']?([\w\-:]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Charset();

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\r')
            {
                if (i + 1 == text.Length || text[i + 1] != '\n')
                {
                    clean.Append('\n');
                }
            }
            else if (c == '\f')
            {
                clean.Append('\n');
            }
            else if (!char.IsControl(c) || c is '\n' or '\t')
            {
                clean.Append(c);
            }
        }

        return clean.ToString();
    }
}
