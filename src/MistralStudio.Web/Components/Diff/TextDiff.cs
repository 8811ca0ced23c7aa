using DiffPlex;

namespace MistralStudio.Web.Components.Diff;

/// <summary>A stretch of a line that is the same in both texts, or not.</summary>
public sealed record DiffSpan(string Text, bool IsChanged);

/// <summary>A line of one of the texts.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Spans">The line without its end; what differs from the line that it stands beside is marked.</param>
public sealed record DiffLine(int Number, IReadOnlyList<DiffSpan> Spans)
{
    /// <summary>The line as a whole.</summary>
    public string Text => string.Concat(Spans.Select(span => span.Text));
}

/// <summary>A line of both texts, one beside the other; null where one has none there.</summary>
/// <param name="Hunk">The change that it belongs to; null where both are the same.</param>
public sealed record DiffRow(DiffLine? Before, DiffLine? After, int? Hunk);

/// <summary>A change: lines of one text that stand in the place of lines of the other.</summary>
/// <param name="Index">From 0, in the order of the text.</param>
public sealed record DiffHunk(int Index, int BeforeStart, int BeforeCount, int AfterStart, int AfterCount);

/// <summary>
/// How one text became another: lines, and words inside of lines that changed. Each change can be taken by itself, see <see cref="Merge"/>.
/// </summary>
public sealed class TextDiff
{
    private const long MostWork = 25_000_000;

    private readonly IReadOnlyList<string> _before;
    private readonly IReadOnlyList<string> _after;

    private TextDiff(IReadOnlyList<string> before, IReadOnlyList<string> after, IReadOnlyList<DiffHunk> hunks)
    {
        (_before, _after, Hunks) = (before, after, hunks);
        Rows = Lay(before, after, hunks);
    }

    /// <summary>The changes, in the order of the text; none where the texts are the same.</summary>
    public IReadOnlyList<DiffHunk> Hunks { get; }

    /// <summary>All lines, those that are the same too.</summary>
    public IReadOnlyList<DiffRow> Rows { get; }

    /// <summary>Lines of the text after that are new or changed.</summary>
    public int Added => Rows.Count(row => row is { Hunk: not null, After: not null });

    /// <summary>Lines of the text before that are gone or changed.</summary>
    public int Removed => Rows.Count(row => row is { Hunk: not null, Before: not null });

    /// <summary>Compares two texts by lines.</summary>
    public static TextDiff Of(string before, string after)
    {
        var (one, other) = (Pieces.Lines(before), Pieces.Lines(after));
        return new(one, other, [.. Blocks(one, other, Pieces.OfLines).Select((block, i) => new DiffHunk(i, block.Start, block.Count, block.OtherStart, block.OtherCount))]);
    }

    /// <summary>The text before with some of the changes: with none it is the text before, with all the text after.</summary>
    /// <param name="accepted"><see cref="DiffHunk.Index"/> of the changes that are taken.</param>
    public string Merge(IReadOnlySet<int> accepted)
    {
        var merged = new List<string>();
        var at = 0;
        foreach (var hunk in Hunks)
        {
            merged.AddRange(_before.Skip(at).Take(hunk.BeforeStart - at));
            merged.AddRange(accepted.Contains(hunk.Index) ? _after.Skip(hunk.AfterStart).Take(hunk.AfterCount) : _before.Skip(hunk.BeforeStart).Take(hunk.BeforeCount));
            at = hunk.BeforeStart + hunk.BeforeCount;
        }

        merged.AddRange(_before.Skip(at));
        return Pieces.Join(merged);
    }

    private static List<DiffRow> Lay(IReadOnlyList<string> before, IReadOnlyList<string> after, IReadOnlyList<DiffHunk> hunks)
    {
        var rows = new List<DiffRow>(Math.Max(before.Count, after.Count));
        var (one, other) = (0, 0);
        foreach (var hunk in hunks)
        {
            Same(hunk.BeforeStart);
            for (var i = 0; i < Math.Max(hunk.BeforeCount, hunk.AfterCount); i++)
            {
                var gone = i < hunk.BeforeCount ? Pieces.WithoutEnd(before[hunk.BeforeStart + i]) : null;
                var come = i < hunk.AfterCount ? Pieces.WithoutEnd(after[hunk.AfterStart + i]) : null;
                var (left, right) = WordDiff.Of(gone, come);
                // A line that was the last one and is not any more has an end now, and reads as before.
                var isSame = i == 0 && gone == come && hunk.BeforeCount != hunk.AfterCount;
                rows.Add(new(
                    left is null ? null : new(hunk.BeforeStart + i + 1, left), right is null ? null : new(hunk.AfterStart + i + 1, right), isSame ? null : hunk.Index));
            }

            (one, other) = (hunk.BeforeStart + hunk.BeforeCount, hunk.AfterStart + hunk.AfterCount);
        }

        Same(before.Count);
        return rows;

        void Same(int until)
        {
            for (; one < until; one++, other++)
            {
                IReadOnlyList<DiffSpan> spans = [new(Pieces.WithoutEnd(before[one]), false)];
                rows.Add(new(new(one + 1, spans), new(other + 1, spans), null));
            }
        }
    }

    /// <summary>Where two lists of pieces differ.</summary>
    internal static IEnumerable<(int Start, int Count, int OtherStart, int OtherCount)> Blocks(IReadOnlyList<string> one, IReadOnlyList<string> other, IChunker chunker)
    {
        // What both begin and end with needs no search, and is most of it.
        var begin = 0;
        while (begin < one.Count && begin < other.Count && one[begin] == other[begin])
        {
            begin++;
        }

        var end = 0;
        while (end < one.Count - begin && end < other.Count - begin && one[^(end + 1)] == other[^(end + 1)])
        {
            end++;
        }

        var (left, right) = (one.Skip(begin).Take(one.Count - begin - end).ToList(), other.Skip(begin).Take(other.Count - begin - end).ToList());
        if (left.Count == 0 && right.Count == 0)
        {
            return [];
        }

        // The search takes the product of what is there and what differs.
        if (left.Count == 0 || right.Count == 0 || (long)left.Count * right.Count > MostWork)
        {
            return [(begin, left.Count, begin, right.Count)];
        }

        var found = Differ.Instance.CreateDiffs(Pieces.Join(left), Pieces.Join(right), ignoreWhiteSpace: false, ignoreCase: false, chunker);
        return found.DiffBlocks.Select(block => (block.DeleteStartA + begin, block.DeleteCountA, block.InsertStartB + begin, block.InsertCountB));
    }
}
