using FsCheck.Xunit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Tests.Splitting;

public sealed class PassageSplitterTests
{
    private static readonly DocumentId s_document = DocumentId.Parse("0192a000-0000-7000-8000-000000000001");

    private static readonly string[] s_pieces =
        ["The net sales rose by 4.2 percent. ", "Mr. Smith of 3M Co. agreed!\n", "\n\n", "# Heading\n", "Item 7. Discussion\n\n", "x", " ", "😀", "\t1\t2\n", "長い文。"];

    [Property]
    public void Passages_CoverTheText_WithoutOverlap_ByExactSpans(byte[] recipe, byte size, byte style)
    {
        var text = string.Concat((recipe ?? []).Select(piece => s_pieces[piece % s_pieces.Length] + (piece > 200 ? new string('y', piece) : "")));
        var pages = text.Length < 40 ? [] : new List<PageSpan> { new(1, 0, text.Length / 2), new(2, text.Length / 2, text.Length) };
        var limit = 100 + size;

        var passages = PassageSplitter.Split(s_document, new(text, pages, []), (TextStyle)(style % 3), limit);

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

        var passages = PassageSplitter.Split(s_document, new(Text, [], []), TextStyle.Markdown, 300);

        Assert.Equal(["Guide", "Guide › Setup", "Other"], passages.Select(passage => passage.Section));
    }

    [Fact]
    public void Ids_StayTheSame_WhereTextComesBefore()
    {
        var paragraph = string.Concat(Enumerable.Repeat("Sales of the segment rose. ", 20));
        var before = PassageSplitter.Split(s_document, new("# A\n\n" + paragraph, [], []), TextStyle.Markdown, 300);
        var after = PassageSplitter.Split(s_document, new("# New\n\nInserted.\n\n# A\n\n" + paragraph, [], []), TextStyle.Markdown, 300);

        Assert.All(before, passage => Assert.Contains(passage.Id, after.Select(kept => kept.Id)));
        Assert.All(before, passage => Assert.Equal(5, passage.Id.Value.Version));
    }

    [Fact]
    public void RepeatedText_HasItsOwnIds()
    {
        const string Text = "# A\n\nSame.\n\n# A\n\nSame.";

        var passages = PassageSplitter.Split(s_document, new(Text, [], []), TextStyle.Markdown, 300);

        Assert.Equal(2, passages.Select(passage => passage.Id).Distinct().Count());
        Assert.Single(passages.Select(passage => passage.ContentHash).Distinct());
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
