using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Worker;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Documents;

public sealed class DocumentReaderTests
{
    // One pool for all, as in the product; without recognition, which not every machine has.
    private static readonly ParserPool s_pool = Pool(new() { Ocr = false });

    internal static async Task<Result<ExtractedText>> ReadAsync(byte[] content, string name, KnowledgeOptions? options = null)
    {
        using var own = options is null ? null : Pool(options);
        return await new DocumentReader(own ?? s_pool, Options.Create(options ?? new()))
            .ReadAsync(content, name, _ => { }, TestContext.Current.CancellationToken);
    }

    internal static ParserPool Pool(KnowledgeOptions options) => new(
        ParserLaunch.Of(typeof(DocumentReaderTests).Assembly), Options.Create(options), TimeProvider.System, NullLogger<ParserPool>.Instance);

    [Theory]
    [InlineData("3M_2015_10K.pdf", "Commission file number 1-3285", 1)]
    [InlineData("COSTCO_2023_8K_dated-2023-08-16.pdf", "Costco Wholesale Corporation", 1)]
    [InlineData("ULTABEAUTY_2023Q4_EARNINGS.pdf", "Ulta Beauty", 1)]
    public async Task Pdf_SaysKnownPhrasesOnTheirPages(string file, string phrase, int page)
    {
        var bytes = await File.ReadAllBytesAsync(SharedData.Require("data", "pdfs", file), TestContext.Current.CancellationToken);

        var text = (await ReadAsync(bytes, file)).Value;

        var at = Flat(text.Text).IndexOf(phrase, StringComparison.OrdinalIgnoreCase);
        Assert.True(at >= 0, text.Text[..Math.Min(1500, text.Text.Length)]);
        Assert.Equal(page, text.PageAt(at));
    }

    [Fact]
    public async Task EveryFiling_IsRead_WithPagesThatTileItsText()
    {
        foreach (var path in Directory.EnumerateFiles(SharedData.Require("data", "pdfs"), "*.pdf"))
        {
            var text = (await ReadAsync(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), path)).Value;

            Assert.NotEmpty(text.Pages);
            Assert.Equal(Enumerable.Range(1, text.Pages.Count), text.Pages.Select(page => page.Number));
            for (var i = 1; i < text.Pages.Count; i++)
            {
                Assert.InRange(text.Pages[i].Start, text.Pages[i - 1].End, text.Text.Length);
            }

            Assert.Equal(text.Text.Length, text.Pages[^1].End);
        }
    }

    [Fact]
    public async Task Scan_IsTold_FromAnEmptyFile()
    {
        var bytes = await File.ReadAllBytesAsync(
            SharedData.Require("data", "documents", "scans", "scan-costco-8k-p1.pdf"), TestContext.Current.CancellationToken);

        Assert.Equal("document.no_text", (await ReadAsync(bytes, "scan.pdf")).Error?.Code);
    }

    [Fact]
    public async Task BrokenPdf_FailsAlone_WhereverItIsCut()
    {
        var whole = await File.ReadAllBytesAsync(
            SharedData.Require("data", "pdfs", "COSTCO_2023_8K_dated-2023-08-16.pdf"), TestContext.Current.CancellationToken);
        foreach (var length in (int[])[9, 40, 200, 5_000])
        {
            var result = await ReadAsync(whole[..length], "cut.pdf");

            Assert.Equal("document.broken", result.Error?.Code);
        }
    }

    [Fact]
    public async Task EncryptedPdf_SaysThatItNeedsItsPassword()
    {
        Assert.Equal("document.encrypted", (await ReadAsync(TestPdf.Encrypted(), "secret.pdf")).Error?.Code);
    }

    [Fact]
    public async Task PartlyScannedPdf_IsRead_AndNamesThePagesWithoutText()
    {
        var text = (await ReadAsync(TestPdf.Write("First page.", "", "Third page.", ""), "partly.pdf")).Value;

        Assert.Equal([2, 4], text.PagesWithoutText);
        Assert.Equal(3, text.PageAt(text.Text.IndexOf("Third", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TooManyPages_AreRefused()
    {
        var result = await ReadAsync(TestPdf.Write("a", "b", "c"), "long.pdf", new() { MaxPages = 2 });

        Assert.Equal("document.too_many_pages", result.Error?.Code);
    }

    [Theory]
    [InlineData("MZ\u0090\0\u0003\0\0\0", "document.executable")]
    [InlineData("\u007FELF\u0002\u0001\u0001\0", "document.executable")]
    [InlineData("PK\u0003\u0004\0\0", "document.broken")]
    [InlineData("\u0089PNG\r\n\u001a\n\0", "document.picture")]
    [InlineData("\u00D0\u00CF\u0011\u00E0\u00A1\0", "document.unsupported")]
    [InlineData("Rar!\u001a\u0007\0", "document.unsupported")]
    [InlineData("\u0001\u0002\0\u0003\u0004\0\u0005\u0081", "document.unknown_format")]
    [InlineData("  \n \t ", "document.blank")]
    public async Task RenamedFile_IsKnownByItsContent(string content, string code)
    {
        Assert.Equal(code, (await ReadAsync(Encoding.Latin1.GetBytes(content), "report.pdf")).Error?.Code);
    }

    [Theory]
    [InlineData("mail.msg", "\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1", "Save the mail as .eml")]
    [InlineData("table.xls", "\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1", "Open it and save it as .docx, .xlsx or .pptx")]
    [InlineData("files.7z", "7z\u00BC\u00AF'\u001C\0\u0004", "Unpack it and add the files, or pack them as .zip")]
    [InlineData("files.rar", "Rar!\u001A\u0007\u0001\0", "Unpack it and add the files, or pack them as .zip")]
    [InlineData("files.tar.gz", "\u001F\u008B\u0008\0\0\0\0\0", "Unpack it and add the files, or pack them as .zip")]
    [InlineData("files.tar", null, "Unpack it and add the files, or pack them as .zip")]
    public async Task AFormatThatIsNotRead_IsRefusedByOneSentence_WithTheNextStep(string name, string? head, string next)
    {
        var content = new byte[1024];
        Encoding.Latin1.GetBytes(head ?? "a.txt").CopyTo(content, 0);
        if (head is null)
        {
            // A tar says what it is behind the name, mode and owner of its first file.
            "ustar\000"u8.CopyTo(content.AsSpan(257));
        }

        var refused = (await ReadAsync(content, name)).Error!;
        Assert.Equal("document.unsupported", refused.Code);
        Assert.StartsWith(next, refused.Next, StringComparison.Ordinal);
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(". ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_IsRead_InTheEncodingThatItIsIn()
    {
        const string Said = "Größe: 5 € – “quoted”";
        foreach (var bytes in (byte[][])
            [
                Encoding.UTF8.GetBytes(Said), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Said)], [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Said)],
                Encoding.Unicode.GetBytes(Said), [.. Encoding.Latin1.GetBytes("Gr\u00F6\u00DFe: 5 "), 0x80, 0x20, 0x96, 0x20, 0x93, .. "quoted"u8, 0x94],
            ])
        {
            Assert.Equal(Said, (await ReadAsync(bytes, "note.txt")).Value.Text);
        }
    }

    [Fact]
    public async Task Html_SaysWhatAReaderSees()
    {
        var html = "<!doctype html><html><head><title>x</title><style>p{}</style></head><body><h2>Prices</h2><p>One\n <b>two</b>.</p>"
            + "<script>alert(1)</script><ul><li>a</li><li>b</li></ul></body></html>";

        Assert.Equal("## Prices\n\nOne two.\n\n- a\n- b", (await ReadAsync(Encoding.UTF8.GetBytes(html), "page.html")).Value.Text);
    }

    private static string Flat(string text) => text.Replace('\n', ' ');
}
