using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Citations;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Citations;

public sealed class EvidenceTests
{
    private static readonly EvidenceSource[] s_passages =
    [
        new("Net sales increased 9% to $2.8 billion in the fourth quarter. Comparable sales rose 2.5%. The company opened 30 new stores."),
        new("Dave Kimbell is the chief executive officer. The dividend was not increased in 2023. Stores in Texas employ 1,234 people."),
    ];

    [Theory]
    [InlineData("Net sales rose by 9% to $2.8 billion in the fourth quarter.", "Net sales increased 9% to $2.8 billion in the fourth quarter.")]
    [InlineData("It opened 30 new stores.", "The company opened 30 new stores.")]
    [InlineData("Kimbell, Dave, serves as chief executive officer.", "Dave Kimbell is the chief executive officer.")]
    [InlineData("There are 1234 people employed by stores in Texas.", "Stores in Texas employ 1,234 people.")]
    [InlineData("It opened 30 new stores [3].", "The company opened 30 new stores.")]
    [InlineData("[2, 17] It opened 30 new stores.", "The company opened 30 new stores.")]
    [InlineData("It opened 30 new stores [in 1999].", null)]
    [InlineData("Net sales rose by 8% to $2.8 billion in the fourth quarter.", null)]
    [InlineData("The chief executive officer is Mary Dillon.", null)]
    [InlineData("The moon is made of green cheese.", null)]
    [InlineData("Yes.", null)]
    [InlineData("", null)]
    public void Sentence_IsGivenTheSpanThatSaysTheSame(string answer, string? quote)
    {
        var evidence = EvidenceMatcher.Match(answer, s_passages);

        Assert.Equal(quote is null ? [] : [quote], evidence.Select(e => s_passages[e.Passage].Text[e.Quote.Start..e.Quote.End]));
    }

    [Theory]
    [InlineData("2.5%", 1)]
    [InlineData("2.5.\n\nFeed the sourdough with rye flour.\n\n2.5.\n\nLet it rest overnight.", 0)]
    public void ANumberAlone_IsEvidencedWhereItIsTheWholeAnswer_NotWhereItCountsPoints(string answer, int count) =>
        Assert.Equal(count, EvidenceMatcher.Match(answer, s_passages).Count);

    [Theory]
    [InlineData("In the fourth quarter of 2022, Lumen generated $7.7 billion in cash.", "In the fourth quarter, the company generated $7.7 billion in cash.")]
    [InlineData("In the fourth quarter of 2021, Lumen generated $7.7 billion in cash.", null)]
    [InlineData("In the fourth quarter of 2022, Acme generated $7.7 billion in cash.", null)]
    [InlineData("In the fourth quarter of 2022, Lumen paid dividends of $4 billion.", null)]
    public void WhatTheHeadingSays_GoesWithoutSayingInThePassage(string answer, string? quote)
    {
        var passage = new EvidenceSource("In the fourth quarter, the company generated $7.7 billion in cash. It paid dividends of $1.5 billion.", "LUMEN_2022Q4_results.pdf");

        Assert.Equal(quote is null ? [] : [quote], EvidenceMatcher.Match(answer, [passage]).Select(e => passage.Text[e.Quote.Start..e.Quote.End]));
    }

    [Fact]
    public void TheHeadingsYear_IsNotTheYearOfASentence_ThatNamesItsOwn()
    {
        var passage = new EvidenceSource("Dividends paid in 2021 were $1.5 billion.", "LUMEN_2022Q4_results.pdf");

        Assert.Empty(EvidenceMatcher.Match("Dividends paid in 2022 were $1.5 billion.", [passage]));
    }

    [Fact]
    public async Task Citations_QuoteTheStoredText_AndCarryItsPage()
    {
        var path = SharedData.Require("data", "pdfs", "ULTABEAUTY_2023Q4_EARNINGS.pdf");
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var document = await room.IngestAsync(parent, "ulta.pdf", await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        var text = (await room.Store.ReadTextAsync(document.Id, TestContext.Current.CancellationToken))!;
        var hits = (await room.FindAsync(parent, "How did net sales change in the fourth quarter?", limit: 5)).Hits;
        var said = hits[0].Text.Split(". ").MaxBy(sentence => sentence.Length)!.Replace('\n', ' ').Trim('.', ' ') + ".";

        var citations = await room.Get<ICitationLinker>().LinkAsync(
            room.Workspace, $"{said} The moon is made of green cheese.", hits, TestContext.Current.CancellationToken);

        Assert.NotEmpty(citations);
        Assert.All(citations, citation =>
        {
            Assert.True(citation.Verified);
            Assert.Equal(1, citation.Marker);
            Assert.Equal(text.Text[citation.Start..citation.End], citation.Quote);
            Assert.Equal(text.PageAt(citation.Start), citation.Page);
            Assert.True(citation.AnswerEnd <= said.Length);
        });
        var foreign = await room.Get<ICitationLinker>().LinkAsync(WorkspaceId.New(), said, hits, TestContext.Current.CancellationToken);
        Assert.Empty(foreign);
    }
}
