using System.Text;

namespace MistralStudio.Retrieval.Documents;

/// <summary>
/// Guesses between the encodings of one and two bytes of Japanese, Chinese, Korean and Russian by what the bytes would say: a text that is in one
/// of them says mostly everyday letters of that language, and hardly ever does one that is not.
/// </summary>
internal static class ForeignEncodings
{
    private const int Sample = 64 << 10;
    private const int FewestLetters = 3;
    private const int ShiftJis = 932;

    private static readonly Encoding s_gb = Lenient(54936);

    private static readonly (Encoding Encoding, Func<string, double> Likeness)[] s_candidates =
    [
        (Strict(ShiftJis), text => Share(text, c => c is (>= '\u3041' and <= '\u30FE') or (>= '\u4E00' and <= '\u9FA0') or (>= '\u3001' and <= '\u3011') or '々')
            * (text.Any(c => c is >= '\u3041' and <= '\u30FE') ? 1 : .9)),
        (Strict(949), text => Share(text, c => c is >= '\uAC00' and <= '\uD7A3')),
        // Nearly any bytes are some Chinese letter; a text has those of everyday, which are the first level of GB 2312.
        (Strict(54936), text => Share(text, IsEverydayChinese) * .95),
        // Small letters outnumber capitals, and words are of them alone: "Größe" has its two among Latin ones.
        (Strict(1251), text => Share(text, c => c is (>= 'а' and <= 'я') or 'ё') is var small and >= .6 && !IsAmongLatin(text) ? small : 0),
    ];

    /// <summary>The text; null where none of them fits.</summary>
    public static string? Decode(byte[] bytes) =>
        Find(bytes) is { } encoding ? encoding.GetString(encoding.CodePage == ShiftJis ? WithIbmRows(bytes) : bytes) : null;

    /// <summary>The encoding that the first bytes of a text are in; null where none of them fits.</summary>
    public static Encoding? Find(byte[] bytes)
    {
        var sample = bytes.Length <= Sample ? bytes : bytes[..Sample];
        if (!HasRuns(sample))
        {
            return null;
        }

        var best = s_candidates.Select(candidate => (candidate.Encoding, Score: Score(candidate, candidate.Encoding.CodePage == ShiftJis ? WithIbmRows(sample) : sample))).MaxBy(scored => scored.Score);
        return best.Score < .7 ? null : Lenient(best.Encoding.CodePage);
    }

    private static bool IsEverydayChinese(char c)
    {
        Span<byte> bytes = stackalloc byte[4];
        return c is (>= '\u3001' and <= '\u3011') or (>= '\uFF01' and <= '\uFF1F') or '“' or '”'
            || (s_gb.GetBytes([c], bytes) == 2 && bytes[0] is >= 0xB0 and <= 0xD7 && bytes[1] >= 0xA1);
    }

    /// <summary>
    /// Windows writes the letters of NEC's rows (ED40 to EEFC) where .NET only reads them at IBM's (from FA5C on): the same letters in the same
    /// order.
    /// </summary>
    private static byte[] WithIbmRows(byte[] bytes)
    {
        const int TrailsOfLead = 188;
        var moved = (byte[])bytes.Clone();
        for (var i = 0; i + 1 < moved.Length; i++)
        {
            if (moved[i] is not ((>= 0x81 and <= 0x9F) or (>= 0xE0 and <= 0xFC)))
            {
                continue;
            }

            if (moved[i] is 0xED or 0xEE && moved[i + 1] is (>= 0x40 and <= 0x7E) or (>= 0x80 and <= 0xFC))
            {
                var place = ((moved[i] - 0xED) * TrailsOfLead) + TrailIndex(moved[i + 1]) + TrailIndex(0x5C);
                var trail = place % TrailsOfLead;
                moved[i] = (byte)(0xFA + (place / TrailsOfLead));
                moved[i + 1] = (byte)(0x40 + trail + (trail >= 0x3F ? 1 : 0));
            }

            i++;
        }

        return moved;

        static int TrailIndex(int trail) => trail - 0x40 - (trail > 0x7F ? 1 : 0);
    }

    private static bool IsAmongLatin(string text)
    {
        int letters = 0, among = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= 'А' and <= 'я')
            {
                letters++;
                among += (i > 0 && char.IsAsciiLetter(text[i - 1])) || (i + 1 < text.Length && char.IsAsciiLetter(text[i + 1])) ? 1 : 0;
            }
        }

        return among * 10 > letters;
    }

    private static Encoding Strict(int page)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(page, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }

    private static Encoding Lenient(int page)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(page, EncoderFallback.ReplacementFallback, DecoderFallback.ReplacementFallback);
    }

    private static double Score((Encoding Encoding, Func<string, double> Likeness) candidate, byte[] sample)
    {
        // A sample may end inside a letter.
        for (var cut = 0; cut < 4 && cut < sample.Length; cut++)
        {
            try
            {
                return candidate.Likeness(candidate.Encoding.GetString(sample, 0, sample.Length - cut));
            }
            catch (DecoderFallbackException) when (sample.Length == Sample)
            {
                // one byte less, then
            }
            catch (DecoderFallbackException)
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>Whether high bytes stand together, as in none of the languages that Windows-1252 writes.</summary>
    private static bool HasRuns(ReadOnlySpan<byte> bytes)
    {
        int high = 0, together = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] >= 0x80)
            {
                high++;
                together += (i > 0 && bytes[i - 1] >= 0x80) || (i + 1 < bytes.Length && bytes[i + 1] >= 0x80) ? 1 : 0;
            }
        }

        return high >= FewestLetters * 2 && together * 10 >= high * 3;
    }

    private static double Share(string text, Func<char, bool> isUsual)
    {
        int foreign = 0, usual = 0;
        foreach (var c in text)
        {
            if (c >= 0x80)
            {
                foreign++;
                usual += isUsual(c) ? 1 : 0;
            }
        }

        return foreign < FewestLetters ? 0 : (double)usual / foreign;
    }
}
