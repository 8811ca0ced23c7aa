using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents.Ocr;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Documents;

/// <summary>Documents that others made, with what they are known to say.</summary>
public sealed class TrueDocumentsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Named => new(
        "test.docx", "test_with_comment.docx", "equations.docx", "rlink.docx", "test.pptx", "test.xlsx", "test.epub", "test_blog.html",
        "test_wikipedia.html", "test_serp.html", "test_mskanji.csv", "test.json", "test_notebook.ipynb", "test_rss.xml", "test_files.zip",
        "mail-multipart.eml", "mail-latin1-reply.eml", "test.pdf", "RECEIPT-2024-TXN-98765_retail_purchase.pdf",
        "REPAIR-2022-INV-001_multipage.pdf", "SPARSE-2024-INV-1234_borderless_table.pdf", "masterformat_partial_numbering.pdf",
        "movie-theater-booking-2024.pdf");

    [Theory]
    [MemberData(nameof(Named))]
    public async Task EachDocument_SaysWhatItIsKnownToSay(string name)
    {
        var expected = Expected(name);

        var read = await ReadAsync(name);

        var text = Flat(read.Text);
        foreach (var words in Strings(expected, "must_contain_plain") ?? Strings(expected, "must_contain") ?? [])
        {
            Assert.Contains(Flat(words), text, StringComparison.Ordinal);
        }

        foreach (var words in Strings(expected, "must_not_contain") ?? [])
        {
            Assert.DoesNotContain(Flat(words), text, StringComparison.Ordinal);
        }

        foreach (var pattern in Strings(expected, "must_match") ?? [])
        {
            Assert.Matches(new Regex(pattern, RegexOptions.Singleline), read.Text);
        }

        AssertBlocksTile(read);
    }

    [Fact]
    public async Task Word_KeepsItsHeadings_AndItsTable()
    {
        var read = await ReadAsync("test.docx");

        Assert.Contains("Abstract", Said(read, BlockKind.Heading));
        Assert.Contains("Introduction", Said(read, BlockKind.Heading));
        Assert.NotEmpty(Said(read, BlockKind.TableRow));
    }

    [Fact]
    public async Task PowerPoint_IsPages_WithTheChartsFigures()
    {
        var read = await ReadAsync("test.pptx");

        Assert.Equal(Enumerable.Range(1, read.Pages.Count), read.Pages.Select(page => page.Number));
        Assert.True(read.Pages.Count > 1);
        Assert.NotEmpty(Said(read, BlockKind.TableHeader));
    }

    [Fact]
    public async Task Excel_IsASectionASheet_WithTheColumnsNamed()
    {
        var read = await ReadAsync("test.xlsx");

        Assert.Contains("09060124-b5e7-4717-9d07-3c046eb", Said(read, BlockKind.Heading));
        Assert.NotEmpty(Said(read, BlockKind.TableRow));
    }

    [Fact]
    public async Task Csv_NamesItsColumns()
    {
        var read = await ReadAsync("test_mskanji.csv");

        Assert.Equal(["名前 | 年齢 | 住所"], Said(read, BlockKind.TableHeader));
        Assert.Equal(3, Said(read, BlockKind.TableRow).Count);
    }

    [Fact]
    public async Task Mail_HasItsAttachment_UnderItsName_AndSaysWhichOneItCouldNotRead()
    {
        var read = await ReadAsync("mail-multipart.eml");

        Assert.Contains("Angebot Größe.csv", Said(read, BlockKind.Heading));
        Assert.Contains("Tisch | 1 | 838,56", Said(read, BlockKind.TableRow));
        Assert.Contains("Angebot für Größe XL – bitte prüfen ✅ › Angebot Größe.csv", SectionPaths.Find(read).Select(section => section.Path));
    }

    [Fact]
    public async Task Archive_IsASectionAFile()
    {
        var read = await ReadAsync("test_files.zip");

        Assert.Contains(SectionPaths.Find(read), section => section.Path?.StartsWith("test.docx › ", StringComparison.Ordinal) == true);
        // The picture among them needs recognition, which is off here.
        Assert.Contains(read.Notes, note => note.Message.Contains("test.jpg", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("test.xls", "document.unsupported", "save it as")]
    [InlineData("test_outlook_msg.msg", "document.unsupported", ".eml")]
    [InlineData("random.bin", "document.unknown_format", "Save it as")]
    public async Task WhatCannotBeRead_IsRefusedWithTheNextStep(string name, string code, string next)
    {
        var error = (await DocumentReaderTests.ReadAsync(await BytesAsync(name), name)).Error;

        Assert.Equal(code, error?.Code);
        Assert.Contains(next, error!.Next, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scans/scan-costco-8k-p1.pdf")]
    [InlineData("scans/scan-ulta-earnings-p1.pdf")]
    [InlineData("scans/scan-intel-earnings-table.pdf")]
    [InlineData("MEDRPT-2024-PAT-3847_medical_report_scan.pdf")]
    public async Task Scan_IsRecognised_WithPlaces(string name)
    {
        var expected = Expected(name);
        Assert.SkipUnless(Tesseract.Find(null) is { ReadsPages: true }, "tesseract and pdftoppm are not installed here.");

        var read = (await DocumentReaderTests.ReadAsync(await BytesAsync(name), name, new())).Value;

        var text = Flat(read.Text);
        foreach (var words in Strings(expected, "ocr_must_contain")!)
        {
            Assert.Contains(Flat(words), text, StringComparison.OrdinalIgnoreCase);
        }

        Assert.All(read.Blocks, block => Assert.True(block.Box is { Width: > 0, Height: > 0 }));
    }

    [Fact]
    public async Task Picture_IsRecognised()
    {
        var content = await BytesAsync("test_llm.jpg");
        Assert.SkipUnless(Tesseract.Find(null) is not null, "tesseract is not installed here.");

        Assert.Contains("5bda1dd6", (await DocumentReaderTests.ReadAsync(content, "test_llm.jpg", new())).Value.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filing_HasHeadingsAndTables_WithPlacesOnItsPages()
    {
        var path = SharedData.Require("data", "pdfs", "3M_2015_10K.pdf");
        var read = (await DocumentReaderTests.ReadAsync(await File.ReadAllBytesAsync(path, Token), path)).Value;

        AssertBlocksTile(read);
        Assert.All(read.Blocks, block => Assert.True(block.Box is { Width: > 0, Height: > 0, Left: > -1, Top: > -1 and < 1500 }));
        var headings = Said(read, BlockKind.Heading);
        Assert.Contains(headings, heading => heading.StartsWith("Item 7.", StringComparison.Ordinal));
        // Headings are rare among blocks: where everything is one, nothing is.
        Assert.InRange(headings.Count, 30, read.Blocks.Count / 4);
        Assert.True(Said(read, BlockKind.TableRow).Count > 500);
    }

    private static async Task<ExtractedText> ReadAsync(string name) => (await DocumentReaderTests.ReadAsync(await BytesAsync(name), name)).Value;

    private static Task<byte[]> BytesAsync(string name) => File.ReadAllBytesAsync(SharedData.Require(["data", "documents", .. name.Split('/')]), Token);

    private static JsonElement Expected(string name) =>
        JsonDocument.Parse(File.ReadAllText(SharedData.Require("data", "documents", "expected.json"))).RootElement.GetProperty(name);

    private static List<string>? Strings(JsonElement expected, string member) =>
        expected.TryGetProperty(member, out var values) ? [.. values.EnumerateArray().Select(value => value.GetString()!)] : null;

    private static List<string> Said(ExtractedText read, BlockKind kind) =>
        [.. read.Blocks.Where(block => block.Kind == kind).Select(block => read.Text[block.Start..block.End])];

    private static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>In order, without overlap, none blank, and no letter of the text outside them but marks.</summary>
    private static void AssertBlocksTile(ExtractedText read)
    {
        Assert.NotEmpty(read.Blocks);
        var end = 0;
        foreach (var block in read.Blocks)
        {
            Assert.InRange(block.Start, end, read.Text.Length);
            Assert.DoesNotContain(read.Text[end..block.Start], char.IsLetterOrDigit);
            Assert.False(string.IsNullOrWhiteSpace(read.Text[block.Start..block.End]));
            end = block.End;
        }

        Assert.DoesNotContain(read.Text[end..], char.IsLetterOrDigit);
    }
}
