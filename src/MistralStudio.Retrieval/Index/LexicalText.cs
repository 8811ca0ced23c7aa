using System.Text;

namespace MistralStudio.Retrieval.Index;

/// <summary>
/// Text as the word index sees it. Han, kana and Thai have no spaces between words; they are indexed as pairs of neighbouring characters.
/// </summary>
internal static class LexicalText
{
    private const int MostWords = 64;

    /// <summary>The text with runs of unspaced script replaced by their pairs.</summary>
    public static string ForIndex(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\u0E00', '\uFFEF'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length * 2);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsUnspaced(text[i]))
            {
                result.Append(text[i]);
                continue;
            }

            var alone = (i == 0 || !IsUnspaced(text[i - 1])) && (i + 1 == text.Length || !IsUnspaced(text[i + 1]));
            if (alone)
            {
                result.Append(' ').Append(text[i]).Append(' ');
            }
            else if (i + 1 < text.Length && IsUnspaced(text[i + 1]))
            {
                result.Append(' ').Append(text[i]).Append(text[i + 1]).Append(' ');
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// The FTS5 query that finds any of the words of a question; null where it has none. Function words count only where there are no
    /// others: they are in nearly every passage, so they cost the most and tell the least.
    /// </summary>
    public static string? ForQuery(string question)
    {
        var text = ForIndex(question);
        var words = new List<string>();
        var functionWords = new List<string>();
        for (var i = 0; i < text.Length && words.Count < MostWords;)
        {
            var end = i;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || char.IsSurrogate(text[end])
                || char.GetUnicodeCategory(text[end]) is System.Globalization.UnicodeCategory.NonSpacingMark))
            {
                end++;
            }

            if (end > i)
            {
                // Quoted, a word is a word and no operator.
                var word = text[i..end];
                (FunctionWords.Contains(word.ToLowerInvariant()) ? functionWords : words).Add($"\"{word}\"");
            }

            i = end + 1;
        }

        words = words.Count > 0 ? words : functionWords;
        return words.Count == 0 ? null : string.Join(" OR ", words);
    }

    /// <summary>Whether a character is of a script without spaces between words.</summary>
    public static bool IsUnspaced(char c) => c is (>= '\u0E00' and <= '\u0E7F') or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF')
        or (>= '\uF900' and <= '\uFAFF');
}
