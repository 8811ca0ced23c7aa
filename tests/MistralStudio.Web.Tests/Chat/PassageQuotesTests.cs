using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Chat;

public sealed class PassageQuotesTests
{
    private const string Document = "Zero one two. Three four five. Six seven eight. Nine ten.";
    private static readonly Passage s_passage = new(
        PassageId.From(Guid.NewGuid()), DocumentId.New(), 1, Document[14..30], null, 14, 30, null, "hash");

    [Theory]
    // Within the passage; beside it on either side; across its ends; two that overlap; two places beside it.
    [InlineData("Three [four] five.", "20-24")]
    [InlineData("[Zero one] … Three four five.", "0-8")]
    [InlineData("Three four five. … [eight.]", "41-47")]
    [InlineData("[two. Three] four five.", "9-19")]
    [InlineData("Three four [five. Six]", "25-34")]
    [InlineData("Three [four five.]", "20-26 24-30")]
    [InlineData("[Zero] … [two.] … Three four five. … [Six] … [Nine]", "0-4 9-13 31-34 48-52")]
    [InlineData("[Zero one two. Three four five. Six]", "0-34")]
    public void Quotes_AreMarked_WhereverAroundThePassageTheyAre(string expected, string spans)
    {
        var pieces = PassageQuotes.Split(s_passage, [.. spans.Split(' ').Select(span => Quote(int.Parse(span.Split('-')[0]), int.Parse(span.Split('-')[1])))]);

        Assert.Equal(expected, string.Concat(pieces.Select(piece => piece.IsQuote ? $"[{piece.Text.Trim()}]" : piece.Text)).Replace("][", " ", StringComparison.Ordinal), ignoreWhiteSpaceDifferences: true);
    }

    [Fact]
    public void WordsOfAPerson_AreMarkedInThatPersonsText()
    {
        var edited = s_passage with { Revision = new("What Ada wrote.", "hash", false, [], 1, null, "Ada", DateTimeOffset.UnixEpoch) };

        var pieces = PassageQuotes.Split(edited, [Quote(14, 30) with { Quote = "Ada wrote", Verified = false, Edit = edited.Edit }]);

        Assert.Equal([("What ", false), ("Ada wrote", true), (".", false)], pieces);
    }

    private static Citation Quote(int start, int end) =>
        new(1, s_passage.Id, s_passage.Document, KnowledgeBaseId.New(), "a.txt", null, start, end, Document[start..end], true, 0, 1);
}
