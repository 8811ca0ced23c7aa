using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Pdf;

/// <summary>
/// Undoes the hyphens of line ends. Whether "long-" and "term" are "long-term" the document says itself where it has the word elsewhere;
/// where it does not, the hyphen stays between two words that it has, or where it stayed in most others.
/// </summary>
internal static class Hyphenation
{
    /// <summary>Stands where a word was parted.</summary>
    public const char Mark = '\u00AD';

    /// <summary>Resolves every mark; pages and blocks follow.</summary>
    public static ExtractedText Resolve(ExtractedText document)
    {
        var text = document.Text;
        if (!text.Contains(Mark))
        {
            return document;
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
        // Positions after each hyphen that went have come one nearer.
        var gone = new List<int>();
        for (var at = 0; at < text.Length; at++)
        {
            if (!verdicts.TryGetValue(at, out var keep))
            {
                resolved.Append(text[at]);
            }
            else if (keep ?? keepUnknown)
            {
                resolved.Append('-');
            }
            else
            {
                gone.Add(at);
            }
        }

        return document with
        {
            Text = resolved.ToString(),
            Pages = [.. document.Pages.Select(page => new PageSpan(page.Number, Moved(page.Start), Moved(page.End)))],
            Blocks = [.. document.Blocks.Select(block => block with { Start = Moved(block.Start), End = Moved(block.End) })],
        };

        int Moved(int position) => position - (gone.BinarySearch(position) is >= 0 and var found ? found : ~gone.BinarySearch(position));
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
