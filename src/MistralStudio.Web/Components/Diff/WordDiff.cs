namespace MistralStudio.Web.Components.Diff;

/// <summary>What differs inside of two lines.</summary>
internal static class WordDiff
{
    private const int LongestLine = 20_000;

    // Two lines that have less than this in common are two lines, not one that changed.
    private const double LeastInCommon = 0.25;

    /// <summary>The spans of both; null where a line is. A line alone, and lines that have little in common, are marked nowhere.</summary>
    public static (IReadOnlyList<DiffSpan>? Before, IReadOnlyList<DiffSpan>? After) Of(string? before, string? after)
    {
        if (before is null || after is null || before.Length > LongestLine || after.Length > LongestLine)
        {
            return (Whole(before), Whole(after));
        }

        var (one, other) = (Pieces.Words(before), Pieces.Words(after));
        List<DiffSpan> left = [], right = [];
        var (at, otherAt) = (0, 0);
        foreach (var (start, count, otherStart, otherCount) in TextDiff.Blocks(one, other, Pieces.OfWords))
        {
            Add(left, one, at, start - at, false);
            Add(right, other, otherAt, otherStart - otherAt, false);
            Add(left, one, start, count, true);
            Add(right, other, otherStart, otherCount, true);
            (at, otherAt) = (start + count, otherStart + otherCount);
        }

        Add(left, one, at, one.Count - at, false);
        Add(right, other, otherAt, other.Count - otherAt, false);
        Close(left);
        Close(right);
        var common = left.Where(span => !span.IsChanged).Sum(span => span.Text.Trim().Length);
        return common < LeastInCommon * Math.Min(before.Length, after.Length) ? (Whole(before), Whole(after)) : (left, right);
    }

    private static IReadOnlyList<DiffSpan>? Whole(string? line) => line is null ? null : [new(line, false)];

    // Blanks between words that changed changed with them: one mark reads better than two.
    private static void Close(List<DiffSpan> spans)
    {
        for (var i = spans.Count - 2; i > 0; i--)
        {
            if (!spans[i].IsChanged && spans[i - 1].IsChanged && spans[i + 1].IsChanged && string.IsNullOrWhiteSpace(spans[i].Text))
            {
                spans[i - 1] = new(spans[i - 1].Text + spans[i].Text + spans[i + 1].Text, true);
                spans.RemoveRange(i, 2);
            }
        }
    }

    private static void Add(List<DiffSpan> spans, IReadOnlyList<string> words, int start, int count, bool isChanged)
    {
        if (count > 0)
        {
            spans.Add(new(string.Concat(words.Skip(start).Take(count)), isChanged));
        }
    }
}
