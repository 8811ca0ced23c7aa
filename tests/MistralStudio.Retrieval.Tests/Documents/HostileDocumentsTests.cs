using System.IO.Compression;
using System.Text;
using MistralStudio.Core.Knowledge;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Documents;

/// <summary>Files made to hurt: each fails alone with one sentence, and what can be read of it is read.</summary>
public sealed class HostileDocumentsTests
{
    // Small settings, so that a file that hurts is small too.
    private static KnowledgeOptions Small => new() { Ocr = false, MaxUnpackedBytes = 4 << 20, MaxEntries = 50, MaxParseTime = TimeSpan.FromSeconds(20), Parsers = 1 };

    [Fact]
    public async Task ZipBomb_IsRefused_BeforeItUnpacks()
    {
        await RefusedAsync(Zip(("bomb.txt", new byte[8 << 20])), "bomb.zip", "document.unpacks_too_large");
    }

    [Fact]
    public async Task NestedZipBomb_IsRefused_ByTheSumOfItsLevels()
    {
        // Each level is harmless by itself.
        var inner = Zip(("a.txt", new byte[1 << 20]));
        await RefusedAsync(Zip([.. Enumerable.Range(0, 8).Select(i => ($"{i}.zip", inner))]), "bomb.zip", "document.unpacks_too_large");
    }

    [Fact]
    public async Task ZipThatLiesAboutItsSizes_UnpacksNoFurtherThanTheLimit()
    {
        var zip = Zip(("a.txt", new byte[8 << 20]));
        // The sizes in the central directory: 24 bytes after its signature.
        var at = zip.AsSpan().IndexOf((ReadOnlySpan<byte>)[(byte)'P', (byte)'K', 1, 2]);
        BitConverter.GetBytes(100).CopyTo(zip, at + 24);

        var error = (await DocumentReaderTests.ReadAsync(zip, "lie.zip", Small)).Error;

        Assert.Contains(error?.Code, (string?[])["document.unpacks_too_large", "document.nothing_readable", "document.broken"]);
    }

    [Fact]
    public async Task ZipsInZips_AreRead_OnlySoDeep()
    {
        var zip = Zip(("deep.txt", "the bottom"u8.ToArray()));
        for (var i = 0; i < 6; i++)
        {
            zip = Zip(($"{i}.zip", zip), ($"note{i}.txt", Encoding.UTF8.GetBytes($"level {i}")));
        }

        var read = (await DocumentReaderTests.ReadAsync(zip, "deep.zip", Small)).Value;

        Assert.Contains("level 5", read.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("the bottom", read.Text, StringComparison.Ordinal);
        Assert.Contains(read.Notes, note => note.Code == "document.too_deep");
    }

    [Fact]
    public async Task NamesThatLeadOut_AndNamesWithoutEnd_AreLabelsOnly()
    {
        var zip = Zip(("../../../etc/passwd.txt", "root's words"u8.ToArray()), (new string('n', 4_000) + ".txt", "long words"u8.ToArray()));

        var read = (await DocumentReaderTests.ReadAsync(zip, "paths.zip", Small)).Value;

        Assert.Contains("root's words", read.Text, StringComparison.Ordinal);
        Assert.Contains("long words", read.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("..", read.Text, StringComparison.Ordinal);
        Assert.All(read.Blocks.Where(block => block.Kind == BlockKind.Heading), block => Assert.InRange(block.End - block.Start, 1, 200));
    }

    [Fact]
    public async Task MailWithAThousandAttachments_IsRead_UpToTheLimit_AndSaysSo()
    {
        var mail = new StringBuilder("From: a@example.org\nTo: b@example.org\nSubject: Many\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"x\"\n\n");
        mail.Append("--x\nContent-Type: text/plain\n\nSee below.\n");
        for (var i = 0; i < 1_000; i++)
        {
            mail.Append("--x\nContent-Type: text/plain; name=\"").Append(i).Append(".txt\"\nContent-Disposition: attachment; filename=\"").Append(i)
                .Append(".txt\"\n\nwords of number ").Append(i).Append(".\n");
        }

        mail.Append("--x--\n");

        var read = (await DocumentReaderTests.ReadAsync(Encoding.UTF8.GetBytes(mail.ToString()), "many.eml", Small)).Value;

        Assert.Contains("words of number 49.", read.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("words of number 50.", read.Text, StringComparison.Ordinal);
        Assert.Contains(read.Notes, note => note.Code == "document.too_many_entries");
    }

    [Fact]
    public async Task BadFileInAnArchive_FailsAlone()
    {
        var zip = Zip(("good.txt", "good words"u8.ToArray()), ("bad.pdf", "%PDF-1.7 nothing"u8.ToArray()), ("tool.exe", "MZ\0\0\0"u8.ToArray()));

        var read = (await DocumentReaderTests.ReadAsync(zip, "mixed.zip", Small)).Value;

        Assert.Contains("good words", read.Text, StringComparison.Ordinal);
        Assert.Equal(["document.broken", "document.executable"], read.Notes.Select(note => note.Code).Order());
        Assert.Contains("bad.pdf", read.Notes[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BillionLaughs_SayNothing()
    {
        var xml = new StringBuilder("<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\">");
        for (var i = 1; i < 10; i++)
        {
            xml.Append("<!ENTITY lol").Append(i).Append(" \"").Append(string.Concat(Enumerable.Repeat(i == 1 ? "&lol;" : $"&lol{i - 1};", 10))).Append("\">");
        }

        xml.Append("]>\n<lolz>before &lol9; after</lolz>");

        var read = (await DocumentReaderTests.ReadAsync(Encoding.UTF8.GetBytes(xml.ToString()), "laughs.xml", Small)).Value;

        // Read as it stands: no entity was opened.
        Assert.InRange(read.Text.Length, 1, xml.Length);
        Assert.DoesNotContain("lollol", read.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExternalEntity_IsNotFetched()
    {
        var secret = Path.GetTempFileName();
        await File.WriteAllTextAsync(secret, "top-secret-words", TestContext.Current.CancellationToken);
        try
        {
            var xml = $"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"file://{secret}\">]><a>said &e;</a>";

            var read = (await DocumentReaderTests.ReadAsync(Encoding.UTF8.GetBytes(xml), "outside.xml", Small)).Value;

            Assert.DoesNotContain("top-secret-words", read.Text, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Fact]
    public async Task WordWithADtdInIt_IsRefused()
    {
        var docx = Zip(
            ("[Content_Types].xml", Encoding.UTF8.GetBytes("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>")),
            ("_rels/.rels", Encoding.UTF8.GetBytes("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>")),
            ("word/document.xml", Encoding.UTF8.GetBytes("<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>")));

        await RefusedAsync(docx, "dtd.docx", "document.broken");
    }

    [Fact]
    public async Task ScriptsOfAPage_AreNeitherRunNorRead()
    {
        var html = "<html><body><script>document.write('written')</script><p onclick=\"evil()\">seen</p><noscript>unseen</noscript>"
            + "<img src=x onerror=\"evil()\"><iframe src=\"http://169.254.169.254/\"></iframe><div style=\"display: none\">hidden words</div></body></html>";

        Assert.Equal("seen", (await DocumentReaderTests.ReadAsync(Encoding.UTF8.GetBytes(html), "page.html", Small)).Value.Text);
    }

    [Fact]
    public async Task PageNestedWithoutEnd_FailsAlone_AndTheNextIsRead()
    {
        var html = "<html><body>" + string.Concat(Enumerable.Repeat("<div>", 400_000)) + "deep";
        using var pool = DocumentReaderTests.Pool(Small);

        var deep = await pool.ReadAsync(Encoding.UTF8.GetBytes(html), "deep.html", _ => { }, TestContext.Current.CancellationToken);
        var next = await pool.ReadAsync("# Fine"u8.ToArray(), "next.md", _ => { }, TestContext.Current.CancellationToken);

        Assert.True(deep.IsSuccess || deep.Error.Code is "document.unreadable" or "document.took_too_long" or "document.too_much_memory", deep.Error?.Code);
        Assert.Equal("# Fine", next.Value.Text);
    }

    [Fact]
    public async Task PdfWhosePagesGoInACircle_FailsAlone()
    {
        var pdf = Pdf("1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj", "2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj", "3 0 obj <</Type/Pages/Kids[2 0 R]/Parent 2 0 R/Count 1>> endobj");

        var error = (await DocumentReaderTests.ReadAsync(pdf, "circle.pdf", Small)).Error;

        Assert.Contains(error?.Code, (string?[])["document.broken", "document.unreadable", "document.no_text"]);
    }

    [Fact]
    public async Task PdfOfTenThousandPages_IsRefused()
    {
        var pages = string.Join(' ', Enumerable.Range(0, 10_000).Select(i => $"{i + 3} 0 R"));
        var pdf = Pdf([
            "1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj", $"2 0 obj <</Type/Pages/Kids[{pages}]/Count 10000>> endobj",
            .. Enumerable.Range(0, 10_000).Select(i => $"{i + 3} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj")]);

        await RefusedAsync(pdf, "long.pdf", "document.too_many_pages");
    }

    [Fact]
    public async Task WrongExtension_IsReadByItsContent()
    {
        Assert.Equal("Plain words.", (await DocumentReaderTests.ReadAsync("Plain words."u8.ToArray(), "report.docx")).Value.Text);
        Assert.Contains("First page.", (await DocumentReaderTests.ReadAsync(TestPdf.Write("First page."), "report.xlsx")).Value.Text, StringComparison.Ordinal);
        Assert.Equal("# Head\n\nseen", (await DocumentReaderTests.ReadAsync("<html><body><h1>Head</h1>seen</body></html>"u8.ToArray(), "report.txt")).Value.Text);
    }

    [Theory]
    [InlineData("Привет, мир. Это обычный русский текст.", 1251)]
    [InlineData("これは日本語の文章です。カタカナもあります。", 932)]
    [InlineData("这是一个中文的文件，里面有一些常用的字。", 54936)]
    [InlineData("이것은 한국어 문장입니다. 모두 읽을 수 있습니다.", 949)]
    [InlineData("Réunion à Noël, déjà prévue où il était.", 1252)]
    [InlineData("Größe und Höhe über Äpfel, süß.", 1252)]
    public async Task UnnamedEncoding_IsGuessed(string said, int page)
    {
        var bytes = CodePagesEncodingProvider.Instance.GetEncoding(page)!.GetBytes(said);

        Assert.Equal(said, (await DocumentReaderTests.ReadAsync(bytes, "note.txt")).Value.Text);
    }

    [Fact]
    public async Task BytesOfNoEncoding_StillSaySomething()
    {
        byte[] bytes = [.. "before "u8, 0xFF, 0xC0, 0x81, .. " after"u8];

        Assert.Matches("^before .* after$", (await DocumentReaderTests.ReadAsync(bytes, "note.txt")).Value.Text);
    }

    private static async Task RefusedAsync(byte[] content, string name, string code)
    {
        var error = (await DocumentReaderTests.ReadAsync(content, name, Small)).Error;
        Assert.Equal(code, error?.Code);
        Assert.EndsWith(".", error!.Message, StringComparison.Ordinal);
        Assert.NotEqual("", error.Next);
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Pdf(params string[] objects)
    {
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        foreach (var one in objects)
        {
            offsets.Add(pdf.Length);
            pdf.Append(one).Append('\n');
        }

        var table = pdf.Length;
        pdf.Append("xref\n0 ").Append(objects.Length + 1).Append("\n0000000000 65535 f \n");
        offsets.ForEach(offset => pdf.Append(offset.ToString("D10", System.Globalization.CultureInfo.InvariantCulture)).Append(" 00000 n \n"));
        pdf.Append("trailer <</Size ").Append(objects.Length + 1).Append("/Root 1 0 R>>\nstartxref\n").Append(table).Append("\n%%EOF\n");
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }
}
