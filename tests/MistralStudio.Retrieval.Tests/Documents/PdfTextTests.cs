using System.Text.Json;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Splitting;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Documents;

public sealed class PdfTextTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LinesOfAParagraph_BecomeOne_AndOthersKeepTheirOwn()
    {
        var text = await ReadAsync("""
            Annual Report

            The company sells tools and parts to workshops in the northern regions and it has
            done so since 1958. In the past year it opened three branches and closed none of
            them.
            Sales rose by 4 percent.

            - the first item of a list that is so long that it cannot be written in a single row
            and goes on in the next
            - the second

            Head Office
            12 Mill Lane
            """);

        Assert.Equal(
            """
            Annual Report

            The company sells tools and parts to workshops in the northern regions and it has done so since 1958. In the past year it opened three branches and closed none of them.

            Sales rose by 4 percent.

            - the first item of a list that is so long that it cannot be written in a single row and goes on in the next

            - the second

            Head Office
            12 Mill Lane
            """.ReplaceLineEndings("\n"),
            text.Text);
    }

    [Fact]
    public async Task PartedWord_IsMadeWhole_AsTheDocumentWritesItElsewhere()
    {
        var text = await ReadAsync("""
            The management of long-term risks is described in the second chapter; the manage-
            ment of others is not. It is a task of the board, which looks at each of the long-
            term plans once in every quarter and at the short ones whenever there is a rea-
            son to do so.
            """);

        Assert.Contains("the management of others", text.Text, StringComparison.Ordinal);
        Assert.Contains("the long-term plans", text.Text, StringComparison.Ordinal);
        Assert.Contains("there is a reason to", text.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "ULTABEAUTY_2023Q4_EARNINGS.pdf", 1,
        "Net sales increased 18.2% to $3.2 billion compared to $2.7 billion in the fourth quarter of fiscal 2021 primarily due to the favorable impact from the continued resilience of the beauty category, retail price increases, and the impact of new brands and product innovation compared to the fourth quarter of fiscal 2021.")]
    [InlineData("ULTABEAUTY_2023Q4_EARNINGS.pdf", 2, "The tax rate increased to 24.6% compared to 22.9% in the fourth quarter of fiscal 2021.")]
    [InlineData(
        "AMCOR_2022_8K_2022-07-01.pdf", 1,
        "Check the appropriate box below if the Form 8-K filing is intended to simultaneously satisfy the filing obligation of the registrant under any of the following provisions:")]
    [InlineData("3M_2015_10K.pdf", 9, "The Company assumes no obligation to update or revise any forward-looking statements.")]
    [InlineData("3M_2015_10K.pdf", 9, "future levels of indebtedness, common stock repurchases and capital spending,")]
    public async Task SentenceOfAFiling_IsOneStretchOfText_OnItsPage(string file, int page, string sentence)
    {
        var text = await ReadFileAsync(SharedData.Require("data", "pdfs", file));

        var at = text.Text.IndexOf(sentence, StringComparison.Ordinal);

        Assert.True(at >= 0, text.Text[text.Pages[page - 1].Start..text.Pages[page - 1].End]);
        Assert.Equal(page, text.PageAt(at));
        Assert.Contains(Sentences.Split(text.Text, 0, text.Text.Length, lineEnds: false), span => span.Start <= at && at + sentence.Length <= span.End);
    }

    [Fact]
    public async Task LinesOfFilings_DoNotEndWithinASentence()
    {
        var (prose, wrapped) = (0, 0);
        foreach (var path in Directory.EnumerateFiles(SharedData.Require("data", "pdfs"), "*.pdf"))
        {
            var lines = (await ReadFileAsync(path)).Text.Split('\n');
            prose += lines.Count(line => line.Length > 60);

            // What is left are tables whose cells are running text, row by row.
            wrapped += lines.Zip(lines.Skip(1)).Count(pair =>
                pair.First.Length > 60 && char.IsLower(pair.First[^1]) && pair.Second.Length > 20 && char.IsLower(pair.Second[0])
                && !pair.Second.Any(char.IsDigit));
        }

        Assert.InRange(wrapped, 0, prose / 100);
    }

    [Fact]
    public async Task Passages_AreExactSpansOfTheText_OnTheirPages()
    {
        foreach (var path in Directory.EnumerateFiles(SharedData.Require("data", "pdfs"), "*.pdf"))
        {
            var text = await ReadFileAsync(path);
            foreach (var passage in PassageSplitter.Split(DocumentId.New(), text, new(), 700))
            {
                var page = text.Pages[passage.Page!.Value - 1];

                Assert.Equal(text.Text[passage.Start..passage.End], passage.Text);
                Assert.True(page.Start <= passage.Start && passage.End <= page.End);
            }
        }
    }

    [Theory]
    [InlineData("scan-costco-8k-p1.txt", "COSTCO_2023_8K_dated-2023-08-16.pdf")]
    [InlineData("scan-ulta-earnings-p1.txt", "ULTABEAUTY_2023Q4_EARNINGS.pdf")]
    public async Task FirstPage_HasTheWordsOfItsTextLayer(string layer, string file)
    {
        var expected = await File.ReadAllTextAsync(SharedData.Require("data", "documents", "scans", layer), Cancellation);
        var text = await ReadFileAsync(SharedData.Require("data", "pdfs", file));

        Assert.Equal(Words(expected).Order(StringComparer.Ordinal), Words(text.Text[text.Pages[0].Start..text.Pages[0].End]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task PdfDocuments_SayWhatIsExpectedOfThem()
    {
        using var expected = JsonDocument.Parse(await File.ReadAllTextAsync(SharedData.Require("data", "documents", "expected.json"), Cancellation));
        foreach (var file in expected.RootElement.EnumerateObject().Where(file => file.Name.EndsWith(".pdf", StringComparison.Ordinal)))
        {
            var result = await DocumentReaderTests.ReadAsync(
                await File.ReadAllBytesAsync(SharedData.Require("data", "documents", file.Name), Cancellation), file.Name);
            if (file.Value.TryGetProperty("text_layer", out _))
            {
                Assert.Equal("document.no_text", result.Error?.Code);
                continue;
            }

            var said = string.Concat(result.Value.Text.Where(c => !char.IsWhiteSpace(c)));
            Assert.All(
                file.Value.GetProperty("must_contain").EnumerateArray(),
                phrase => Assert.Contains(string.Concat(phrase.GetString()!.Where(c => !char.IsWhiteSpace(c))), said, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<string> Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static async Task<ExtractedText> ReadAsync(string page) =>
        (await DocumentReaderTests.ReadAsync(TestPdf.Write(page.ReplaceLineEndings("\n")), "a.pdf")).Value;

    private static async Task<ExtractedText> ReadFileAsync(string path) =>
        (await DocumentReaderTests.ReadAsync(await File.ReadAllBytesAsync(path, Cancellation), path)).Value;
}
