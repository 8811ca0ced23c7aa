using FsCheck.Xunit;
using MistralStudio.Web.Components.Diff;

namespace MistralStudio.Web.Tests.Components;

public sealed class TextDiffTests
{
    private static readonly string[] s_pieces = ["a", "b", "the same words here", "Cite your sources.", "Cite every sentence.", "", " ", "😀é", "\r", "\uFFFF", "x\ty"];

    [Property(MaxTest = 500)]
    public void WithNoChangeATextIsTheFirst_WithAllTheOther_AndItsLinesAreShownInOrder(int seed)
    {
        var random = new Random(seed);
        var (before, after) = (Mix(random), Mix(random));
        var diff = TextDiff.Of(before, after);
        var all = diff.Hunks.Select(hunk => hunk.Index).ToHashSet();

        Assert.Equal(before, diff.Merge(new HashSet<int>()));
        Assert.Equal(after, diff.Merge(all));
        Assert.Equal(before == after, diff.Hunks.Count == 0);
        Assert.Equal(Enumerable.Range(1, diff.Rows.Count(row => row.Before is not null)), diff.Rows.Select(row => row.Before).OfType<DiffLine>().Select(line => line.Number));
        Assert.Equal(Enumerable.Range(1, diff.Rows.Count(row => row.After is not null)), diff.Rows.Select(row => row.After).OfType<DiffLine>().Select(line => line.Number));
        Assert.All(diff.Rows.Where(row => row.Hunk is null), row => Assert.Equal(row.Before!.Text, row.After!.Text));
        Assert.Equal(before.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal), string.Concat(diff.Rows.Select(row => row.Before?.Text)));
    }

    [Fact]
    public void AChangedLine_HasItsWordsMarked()
    {
        var diff = TextDiff.Of("One.\nCite your sources.\nEnd.\n", "One.\nCite every sentence as [n].\nEnd.\nMore.\n");

        Assert.Equal(2, diff.Hunks.Count);
        Assert.Equal((2, 1), (diff.Added, diff.Removed));
        var changed = diff.Rows[1];
        Assert.Equal("Cite |your sources|.", Marked(changed.Before!));
        Assert.Equal("Cite |every sentence as [n]|.", Marked(changed.After!));
        Assert.Equal("One.\nCite your sources.\nEnd.\nMore.\n", diff.Merge(new HashSet<int> { 1 }));
        Assert.Equal("One.\nCite every sentence as [n].\nEnd.\n", diff.Merge(new HashSet<int> { 0 }));
    }

    [Fact]
    public void ALineThatIsNotTheLastAnyMore_ReadsAsBefore()
    {
        var diff = TextDiff.Of("Be kind.\nSign as me.", "Be kind.\nSign as me.\nBe short.");

        Assert.Equal((1, 0), (diff.Added, diff.Removed));
        Assert.Equal([null, null, 0], diff.Rows.Select(row => row.Hunk));
        Assert.Equal("Be kind.\nSign as me.\nBe short.", diff.Merge(new HashSet<int> { 0 }));
        // Where the end of a line is all that is different, it is shown.
        Assert.Equal((1, 1), TextDiff.Of("One.", "One.\n") is var end ? (end.Added, end.Removed) : default);
    }

    [Fact]
    public void LinesThatHaveLittleInCommon_AreMarkedNowhere()
    {
        var diff = TextDiff.Of("alpha beta gamma", "one two three");
        Assert.Equal(["alpha beta gamma"], diff.Rows[0].Before!.Spans.Select(span => span.Text));
        Assert.DoesNotContain(diff.Rows[0].After!.Spans, span => span.IsChanged);
    }

    [Fact]
    public void TextsThatHaveNothingInCommon_AreOneChange_HoweverLongTheyAre()
    {
        var before = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"a{i}\n"));
        var after = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"b{i}\n"));
        var diff = TextDiff.Of(before, after);

        Assert.Single(diff.Hunks);
        Assert.Equal(after, diff.Merge(new HashSet<int> { 0 }));
    }

    private static string Marked(DiffLine line) => string.Concat(line.Spans.Select(span => span.IsChanged ? $"|{span.Text}|" : span.Text));

    private static string Mix(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => s_pieces[random.Next(s_pieces.Length)] + (random.Next(8) == 0 ? "" : random.Next(5) == 0 ? "\r\n" : "\n")));
}
