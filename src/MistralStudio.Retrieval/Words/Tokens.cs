using System.Globalization;
using System.Text;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Words;

/// <summary>A word of a text: folded, and where it stands.</summary>
/// <param name="Text">In lower case, without accents. A pair of characters where the script has no spaces.</param>
/// <param name="Start">First UTF-16 unit in the text.</param>
/// <param name="Length">UTF-16 units there.</param>
internal readonly record struct Token(string Text, int Start, int Length);

/// <summary>Cuts text into words: runs of letters and digits, and pairs of neighbouring characters where a script has no spaces.</summary>
internal static class Tokens
{
    // Longer runs are keys, addresses and noise, and nobody types them.
    private const int LongestWord = 64;

    /// <summary>Words in order.</summary>
    public static IEnumerable<Token> Words(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (LexicalText.IsUnspaced(text[i]))
            {
                var end = i + 1;
                while (end < text.Length && LexicalText.IsUnspaced(text[end]))
                {
                    end++;
                }

                if (end == i + 1)
                {
                    yield return new(text[i..end], i, 1);
                }

                for (var at = i; at + 1 < end; at++)
                {
                    yield return new(text.Substring(at, 2), at, 2);
                }

                i = end;
            }
            else if (IsOfWord(text[i]))
            {
                var end = i + 1;
                while (end < text.Length && IsOfWord(text[end]) && !LexicalText.IsUnspaced(text[end]))
                {
                    end++;
                }

                if (end - i <= LongestWord)
                {
                    yield return new(Fold(text[i..end]), i, end - i);
                }

                i = end;
            }
            else
            {
                i++;
            }
        }
    }

    /// <summary>A word in lower case, Latin and Greek letters without accents, <c>ё</c> as <c>е</c>: how people type who are in a hurry.</summary>
    public static string Fold(string word)
    {
        var lower = word.ToLowerInvariant();
        if (Ascii.IsValid(lower))
        {
            return lower;
        }

        // Only Latin and Greek: in other scripts marks are letters (й is no и).
        lower = lower.Replace('ё', 'е');
        var folded = new StringBuilder(lower.Length);
        var isLatin = false;
        foreach (var c in lower.IsNormalized(NormalizationForm.FormD) ? lower : Decomposed(lower))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark && isLatin)
            {
                continue;
            }

            isLatin = c is < '\u0400' or (>= '\u1E00' and <= '\u1FFF');
            _ = c switch
            {
                'ß' => folded.Append("ss"),
                'æ' => folded.Append("ae"),
                'œ' => folded.Append("oe"),
                'ø' => folded.Append('o'),
                'ł' => folded.Append('l'),
                _ => folded.Append(c),
            };
        }

        return folded.ToString().Normalize(NormalizationForm.FormC);
    }

    // Half of a pair of surrogates alone has no normal form.
    private static string Decomposed(string word)
    {
        try
        {
            return word.Normalize(NormalizationForm.FormD);
        }
        catch (ArgumentException)
        {
            return word;
        }
    }

    private static bool IsOfWord(char c) => char.IsAsciiLetterOrDigit(c) || (c > 127 && (char.IsLetterOrDigit(c) || char.IsSurrogate(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark));
}
