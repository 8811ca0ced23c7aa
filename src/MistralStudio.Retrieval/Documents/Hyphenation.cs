using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents;

/// <summary>
/// Undoes the hyphens of line ends. Whether "long-" and "term" are "long-term" the document says itself where it has the word elsewhere;
/// where it does not, the hyphen stays between two words that it has, or where it stayed in most others.
/// </summary>
internal static class Hyphenation
{
    /// <summary>Stands where a word was parted.</summary>
    public const char Mark = '\u00AD';

    /// <summary>Resolves every mark; the pages' spans follow.</summary>
    public static ExtractedText Resolve(string text, List<PageSpan> pages, IReadOnlyList<int> pagesWithoutText)
    {
        if (!text.Contains(Mark))
        {
            return new(text, pages, pagesWithoutText);
        }

        var words = Words(text);
        var verdicts = new Dictionary<int, bool?>();
        for (var at = text.IndexOf(Mark); at >= 0; at = text.IndexOf(Mark, at + 1))
        {
            var (left, right) = Halves(text, at);
            verdicts[at] = words.Contains($"{left}-{right}") ? true : words.Contains(left + right) ? false
                : words.Contains(left) && words.Contains(right) ? true : null;
        }

        var keepUnknown = verdicts.Values.Count(verdict => verdict == true) > verdicts.Values.Count(verdict => verdict == false);
        var resolved = new StringBuilder(text.Length);
        var spans = new List<PageSpan>(pages.Count);
        var done = 0;
        foreach (var page in pages)
        {
            Append(page.Start);
            var start = resolved.Length;
            Append(page.End);
            spans.Add(new(page.Number, start, resolved.Length));
        }

        Append(text.Length);
        return new(resolved.ToString(), spans, pagesWithoutText);

        void Append(int end)
        {
            for (; done < end; done++)
            {
                if (!verdicts.TryGetValue(done, out var keep))
                {
                    resolved.Append(text[done]);
                }
                else if (keep ?? keepUnknown)
                {
                    resolved.Append('-');
                }
            }
        }
    }

    private static (string Left, string Right) Halves(string text, int at)
    {
        var (start, end) = (at, at + 1);
        while (start > 0 && IsInWord(text[start - 1]))
        {
            start--;
        }

        while (end < text.Length && IsInWord(text[end]))
        {
            end++;
        }

        return (text[start..at].ToLowerInvariant(), text[(at + 1)..end].ToLowerInvariant());
    }

    private static HashSet<string> Words(string text)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && (IsInWord(text[end]) || text[end] == Mark))
            {
                end++;
            }

            if (end > i && !text.AsSpan(i, end - i).Contains(Mark))
            {
                words.Add(text[i..end].ToLowerInvariant());
            }

            i = end + 1;
        }

        return words;
    }

    private static bool IsInWord(char c) => char.IsLetterOrDigit(c) || c == '-';
}
