using System.IO.Compression;
using System.Text;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Documents;

/// <summary>One document of each kind, on any machine.</summary>
public sealed class FormatTests
{
    private static readonly string s_fixtures = Path.Combine(SharedData.Root, "tests", "MistralStudio.Retrieval.Tests", "Documents", "Fixtures");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("test.docx", "314b0a30-5b04-470b-b9f7-eed2c2bec74a")]
    [InlineData("test.pptx", "2cdda5c8-e50e-4db4-b5f0-9722a649f455")]
    [InlineData("test.xlsx", "6ff4173b-42a5-4784-9b19-f49caff4d93d")]
    [InlineData("test.epub", "Chapter 1: Test Content")]
    [InlineData("test.json", "5b64c88c-b3c3-4510-bcb8-da0b200602d8")]
    [InlineData("test_notebook.ipynb", "print(\"markitdown\")")]
    [InlineData("test_mskanji.csv", "年齢")]
    [InlineData("mail-multipart.eml", "Jürgen Weiß")]
    [InlineData("mail-latin1-reply.eml", "La réunion de Noël est déplacée au 20 décembre.")]
    public async Task AFile_SaysWhatItSays(string name, string words) =>
        await AssertSaysAsync(words, await File.ReadAllBytesAsync(Path.Combine(s_fixtures, name), Token), name);

    [Theory]
    [InlineData("page.html", "<!doctype html><title>T</title><nav>Menu</nav><main><h1>Lamps</h1><p>They last <b>two</b> years.</p></main><script>alert(1)</script>", "They last two years.")]
    [InlineData("page.md", "# Lamps\n\n- They last *two* years.", "They last")]
    [InlineData("page.txt", "They last two years.", "They last two years.")]
    [InlineData("lamp.py", "def years():\n    return 2\n", "return 2")]
    [InlineData("feed.xml", "<rss><channel><title>Lamps</title><item><title>They last two years.</title></item></channel></rss>", "They last two years.")]
    public async Task AText_SaysWhatItSays(string name, string content, string words)
    {
        var said = await AssertSaysAsync(words, Encoding.UTF8.GetBytes(content), name);
        Assert.DoesNotContain("alert(1)", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APdf_SaysWhatItSays() => await AssertSaysAsync("They last two years.", TestPdf.Write("They last two years."), "lamps.pdf");

    [Fact]
    public async Task AnArchive_SaysWhatItsFilesSay()
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in new[] { "test.epub", "test_mskanji.csv" })
            {
                await archive.CreateEntryFromFileAsync(Path.Combine(s_fixtures, name), $"in/{name}", Token);
            }
        }

        var said = await AssertSaysAsync("Chapter 1: Test Content", stream.ToArray(), "files.zip");
        Assert.Contains("年齢", said, StringComparison.Ordinal);
    }

    private static async Task<string> AssertSaysAsync(string words, byte[] content, string name)
    {
        var read = await DocumentReaderTests.ReadAsync(content, name);
        Assert.True(read.IsSuccess, read.Error?.ToString());
        Assert.Contains(words, read.Value.Text, StringComparison.Ordinal);
        return read.Value.Text;
    }
}
