using System.Text.RegularExpressions;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Citations;

/// <summary>
/// The sentences of an answer that a mark may follow. An answer is Markdown: code is no statement, and a sentence never ends within a code
/// span, a link or an address, so a mark behind it stands in running text.
/// </summary>
internal static partial class AnswerSentences
{
    /// <summary>Spans in order, without overlap.</summary>
    public static IReadOnlyList<TextSpan> Split(string answer)
    {
        var sentences = new List<TextSpan>();
        var start = 0;
        foreach (Match block in CodeBlock().Matches(answer))
        {
            SplitProse(answer, start, block.Index, sentences);
            start = block.Index + block.Length;
        }

        SplitProse(answer, start, answer.Length, sentences);
        return sentences;
    }

    private static void SplitProse(string answer, int from, int to, List<TextSpan> sentences)
    {
        var whole = Whole().Matches(answer[from..to]).Select(match => new TextSpan(from + match.Index, from + match.Index + match.Length)).ToList();
        TextSpan? open = null;
        foreach (var sentence in Sentences.Split(answer, from, to, lineEnds: true))
        {
            var joined = open is { } begun ? begun with { End = sentence.End } : sentence;
            open = joined;
            if (!whole.Any(part => part.Start < joined.End && joined.End < part.End))
            {
                Add(answer, joined, sentences);
                open = null;
            }
        }

        if (open is { } rest)
        {
            Add(answer, rest, sentences);
        }
    }

    private static void Add(string answer, TextSpan sentence, List<TextSpan> sentences)
    {
        var end = sentence.End;
        // A mark behind the last bar of a table's row would be outside of the table.
        while (end > sentence.Start && answer[sentence.Start] == '|' && (answer[end - 1] == '|' || char.IsWhiteSpace(answer[end - 1])))
        {
            end--;
        }

        if (end > sentence.Start && !Definition().IsMatch(answer.AsSpan(sentence.Start, end - sentence.Start)))
        {
            sentences.Add(sentence with { End = end });
        }
    }

    /// <summary>A fenced block, to its end or the answer's.</summary>
    [GeneratedRegex(@"^[ ]{0,3}(?<fence>`{3,}|~{3,})[^\n]*(?:\n(?![ ]{0,3}\k<fence>)[^\n]*)*(?:\n[ ]{0,3}\k<fence>[`~]*[ \t]*|\z)?", RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    /// <summary>Code spans, links and pictures with their text, bare and bracketed addresses.</summary>
    [GeneratedRegex(@"(?<!`)(`+)(?!`)[^`]+(?:(?!\1)`+[^`]+)*\1(?!`)|!?\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])|<[A-Za-z][^>\s]*>|\b(?:https?|mailto|ftp):[^\s)>\]]+")]
    private static partial Regex Whole();

    /// <summary>A link's definition, which is not shown.</summary>
    [GeneratedRegex(@"^\[[^\]]+\]:\s")]
    private static partial Regex Definition();
}
