using FsCheck.Xunit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Formats;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Tests.Splitting;

public sealed class PassageSplitterTests
{
    private static readonly DocumentId s_document = DocumentId.Parse("0192a000-0000-7000-8000-000000000001");

    private static readonly string[] s_pieces =
        ["The net sales rose by 4.2 percent. ", "Mr. Smith of 3M Co. agreed!\n", "\n\n", "# Heading\n", "Item 7. Discussion\n\n", "x", " ", "😀", "\t1\t2\n", "長い文。", "- item\n", "| a | b |\n|---|---|\n", "| 1 | 2 |\n", "```cs\nvar x;\n```\n", "> said\n", "1. first\n   - deep\n"];

    [Property]
    public void Passages_CoverTheText_WithoutOverlap_ByExactSpans(byte[] recipe, byte size, byte format)
    {
        var text = string.Concat((recipe ?? []).Select(piece => s_pieces[piece % s_pieces.Length] + (piece > 200 ? new string('y', piece) : "")));
        var read = (format % 3) switch { 0 => MarkdownParser.Read(text), 1 => CodeParser.Read(text, null), _ => TextParser.Read(text) };
        var pages = text.Length < 40 ? [] : new List<PageSpan> { new(1, 0, text.Length / 2), new(2, text.Length / 2, text.Length) };
        var limit = 100 + size;

        var passages = PassageSplitter.Split(s_document, read with { Pages = pages }, new(), limit);

        var covered = 0;
        foreach (var passage in passages)
        {
            Assert.True(passage.Start >= covered);
            Assert.True(string.IsNullOrWhiteSpace(text[covered..passage.Start]));
            Assert.Equal(text[passage.Start..passage.End], passage.Text);
            Assert.InRange(passage.Text.Length, 1, limit * 14 / 10);
            covered = passage.End;
        }

        Assert.True(string.IsNullOrWhiteSpace(text[covered..]));
        Assert.Equal(passages.Count, passages.Select(passage => passage.Id).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, passages.Count), passages.Select(passage => passage.Ordinal));
    }

    [Fact]
    public void Section_IsThePathOfHeadings()
    {
        const string Text = "# Guide\n\nIntro.\n\n## Setup\n\nRun it.\n\n```\n# not a heading\n```\n\n# Other\n\nEnd.";

        var passages = PassageSplitter.Split(s_document, MarkdownParser.Read(Text), new(), 300);

        Assert.Equal(["Guide", "Guide › Setup", "Other"], passages.Select(passage => passage.Section));
    }

    [Fact]
    public void Ids_StayTheSame_WhereTextComesBefore()
    {
        var paragraph = string.Concat(Enumerable.Repeat("Sales of the segment rose. ", 20));
        var before = PassageSplitter.Split(s_document, MarkdownParser.Read("# A\n\n" + paragraph), new(), 300);
        var after = PassageSplitter.Split(s_document, MarkdownParser.Read("# New\n\nInserted.\n\n# A\n\n" + paragraph), new(), 300);

        Assert.All(before, passage => Assert.Contains(passage.Id, after.Select(kept => kept.Id)));
        Assert.All(before, passage => Assert.Equal(5, passage.Id.Value.Version));
    }

    [Fact]
    public void RepeatedText_HasItsOwnIds()
    {
        const string Text = "# A\n\nSame.\n\n# A\n\nSame.";

        var passages = PassageSplitter.Split(s_document, MarkdownParser.Read(Text), new(), 300);

        Assert.Equal(2, passages.Select(passage => passage.Id).Distinct().Count());
        Assert.Single(passages.Select(passage => passage.ContentHash).Distinct());
    }

    [Fact]
    public void LongTable_IsCutBetweenRows_AndEachPieceKnowsItsHeader()
    {
        var text = "# Sales\n\n| Year | Net sales |\n|---|---|\n" + string.Concat(Enumerable.Range(1900, 60).Select(year => $"| {year} | {year * 7} million |\n"));

        var passages = PassageSplitter.Split(s_document, MarkdownParser.Read(text), new(), 300);

        Assert.True(passages.Count > 3);
        Assert.Null(passages[0].Header);
        Assert.All(passages.Skip(1), passage => Assert.Equal("| Year | Net sales |", passage.Header));
        Assert.All(passages.Skip(1), passage => Assert.StartsWith("| 19", passage.Text, StringComparison.Ordinal));
        Assert.All(passages, passage => Assert.EndsWith("million |", passage.Text, StringComparison.Ordinal));
        Assert.StartsWith("| Year | Net sales |\n| 19", passages[1].ReadableText, StringComparison.Ordinal);
        Assert.All(PassageSplitter.Split(s_document, MarkdownParser.Read(text), new() { RepeatTableHeaders = false }, 300), passage => Assert.Null(passage.Header));
    }

    [Fact]
    public void Code_IsCutBetweenItsBlocks()
    {
        var text = string.Join("\n\n", Enumerable.Range(1, 12).Select(i => $"def function_{i}(value):\n    total = value * {i}\n    return total"));

        var passages = PassageSplitter.Split(s_document, CodeParser.Read(text, "python"), new(), 200);

        Assert.True(passages.Count > 3);
        Assert.All(passages, passage => Assert.StartsWith("def ", passage.Text, StringComparison.Ordinal));
        Assert.All(passages, passage => Assert.EndsWith("return total", passage.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Parents_HoldTheirPassages_WithinTheirSection()
    {
        var paragraph = string.Concat(Enumerable.Repeat("Sales of the segment rose. ", 60));
        var text = $"# A\n\n{paragraph}\n\n# B\n\nShort.";
        var read = MarkdownParser.Read(text);

        var passages = PassageSplitter.Split(s_document, read, new() { PassageCharacters = 200, ParentCharacters = 700 }, 9_999);

        Assert.All(passages, passage => Assert.True(passage.ParentStart <= passage.Start && passage.End <= passage.ParentEnd));
        Assert.All(passages, passage => Assert.InRange(passage.ParentEnd - passage.ParentStart, passage.Text.Length, 700));
        Assert.True(passages.Select(passage => passage.ParentStart).Distinct().Count() < passages.Count / 2);
        Assert.Equal("# B\n\nShort.", text[passages[^1].ParentStart..passages[^1].ParentEnd]);
        Assert.All(
            PassageSplitter.Split(s_document, read, new() { ParentCharacters = 0 }, 200), passage => Assert.Equal(passage.ParentStart, passage.ParentEnd));
    }

    [Fact]
    public void Overlap_RepeatsWholeSentences()
    {
        var text = string.Join(' ', Enumerable.Range(1, 40).Select(i => $"This is sentence number {i} of all."));

        var passages = PassageSplitter.Split(s_document, TextParser.Read(text), new() { OverlapCharacters = 80 }, 300);

        for (var i = 1; i < passages.Count; i++)
        {
            Assert.InRange(passages[i - 1].End - passages[i].Start, 30, 80);
            Assert.StartsWith("This is sentence", passages[i].Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Sales were $4.2 billion. Mr. Roman agreed. The U.S. market fell.", 3)]
    [InlineData("See Fig. 3 for details. OK?", 2)]
    [InlineData("第一句。第二句。", 2)]
    [InlineData("One\n\nTwo", 2)]
    public void Sentences_EndWhereTheyEnd(string text, int count)
    {
        Assert.Equal(count, Sentences.Split(text, 0, text.Length, lineEnds: false).Count());
    }
}
