using System.Buffers;
using System.Text;
using MistralStudio.Core.Tables;

namespace MistralStudio.Core.Tests.Tables;

public sealed class TableRowsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(1_499)]
    [InlineData(2_047)]
    public async Task ARow_IsFoundFromTheLastPlaceBeforeIt(long wanted)
    {
        var (bytes, index) = Write(2_048, row => [$"row {row}", "a\nb"]);
        var (at, first) = TableIndex.Find(index, wanted);
        using var stream = new MemoryStream(bytes) { Position = at };

        var row = await TableRows.ReadAsync(stream, first, Token).FirstAsync(row => row.Number == wanted, Token);

        Assert.InRange(wanted - first, 0, TableRows.Stride - 1);
        Assert.Equal($"row {wanted}", row.TextOf(0));
        Assert.Equal("a\nb", row.TextOf(1));
        Assert.Equal("", row.TextOf(2));
    }

    [Fact]
    public async Task Values_KeepTheirJson_AndTextsAreThemselves()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("[\"é\",3,true,null,{\"a\":[1]}]\n"));
        var row = await TableRows.ReadAsync(stream, 7, Token).SingleAsync(Token);
        Assert.Equal(7, row.Number);
        Assert.Equal(["é", "3", "true", "", "{\"a\":[1]}"], Enumerable.Range(0, 5).Select(row.TextOf));
    }

    [Fact]
    public async Task AWorkbook_HoldsTextsOnly_WhateverTheyBeginWith()
    {
        using var file = new MemoryStream();
        await using (var writer = await XlsxWriter.BeginAsync(file, Token))
        {
            await writer.WriteAsync(["a", "", "=1+1"]);
            await writer.WriteAsync(["x\u0001_x0041_\U0001F600", new string('y', 40_000)]);
        }

        file.Position = 0;
        using var archive = new System.IO.Compression.ZipArchive(file);
        using var sheet = new StreamReader(archive.GetEntry("xl/worksheets/sheet1.xml")!.Open());
        var xml = await sheet.ReadToEndAsync(Token);
        Assert.Contains("<c r=\"C1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1</t></is></c>", xml, StringComparison.Ordinal);
        Assert.Contains("x_x0001__x005F_x0041_\U0001F600<", xml, StringComparison.Ordinal);
        Assert.Contains("cut here", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("<f>", xml, StringComparison.Ordinal);
    }

    private static (byte[] Rows, byte[] Index) Write(int rows, Func<int, string[]> cells)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var index = new TableIndex();
        using var json = TableRows.Writer(buffer);
        for (var row = 0; row < rows; row++)
        {
            json.WriteStartArray();
            foreach (var cell in cells(row))
            {
                json.WriteStringValue(cell);
            }

            json.WriteEndArray();
            json.Flush();
            json.Reset();
            buffer.Write("\n"u8);
        }

        // In pieces, as they come over a pipe.
        var bytes = buffer.WrittenSpan.ToArray();
        foreach (var piece in bytes.Chunk(1_000))
        {
            index.Note(piece);
        }

        Assert.Equal(rows, index.Rows);
        return (bytes, index.Write());
    }
}
