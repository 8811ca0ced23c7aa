using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using MistralStudio.Core;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Documents.Worker;
using MistralStudio.Retrieval.Tables;
using MistralStudio.Retrieval.Tests.Documents;

namespace MistralStudio.Retrieval.Tests.Tables;

/// <summary>Tables of others, read by the child as in the product.</summary>
public sealed class TableReaderTests : IDisposable
{
    private readonly ParserPool _pool = DocumentReaderTests.Pool(new() { Ocr = false, Parsers = 1 });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _pool.Dispose();

    [Fact]
    public async Task Csv_IsReadWithItsColumns()
    {
        var (shape, rows) = await ReadAsync("name,\"what, \"\"said\"\"\"\r\nAda,\"two\nlines\"\r\n\r\nBob\r\n"u8.ToArray(), "a.csv");
        Assert.Equal(["name", "what, \"said\""], shape.Columns);
        Assert.Equal(2, shape.Rows);
        Assert.Empty(shape.Notes);
        Assert.Equal(["Ada|two\nlines", "Bob|"], rows);
    }

    [Theory]
    [InlineData("a\tb\n1\t2\n", "a.tsv", "tabs")]
    [InlineData("a;b\n1,5;2\n", "a.csv", "semicolons")]
    [InlineData("sep=;\r\na;b\n1,5;2\n", "a.csv", "semicolons")]
    public async Task OtherSeparators_AreFoundAndSaid(string csv, string name, string said)
    {
        var (shape, _) = await ReadAsync(Encoding.UTF8.GetBytes(csv), name);
        Assert.Equal(["a", "b"], shape.Columns);
        Assert.Contains(said, Assert.Single(shape.Notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamelessAndEqualColumns_AreNamed()
    {
        var (shape, _) = await ReadAsync("a,,a,\n1,2,3,\n"u8.ToArray(), "a.csv");
        Assert.Equal(["a", "column 2", "a 2"], shape.Columns);
        Assert.Equal("table.columns_named", Assert.Single(shape.Notes).Code);
    }

    [Theory]
    [InlineData("utf-8", true, null)]
    [InlineData("utf-8", false, null)]
    [InlineData("utf-16", true, null)]
    [InlineData("utf-16BE", true, null)]
    [InlineData("windows-1252", false, "table.encoding_guessed")]
    public async Task LettersAreRight_InEveryEncoding_AndAGuessIsSaid(string name, bool marked, string? note)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var encoding = Encoding.GetEncoding(name);
        byte[] bytes = [.. marked ? encoding.Preamble.ToArray() : [], .. encoding.GetBytes("Straße,Preis\nGrößter Weg,5 €\n")];
        var (shape, rows) = await ReadAsync(bytes, "a.csv");
        Assert.Equal(["Straße", "Preis"], shape.Columns);
        Assert.Equal(["Größter Weg|5 €"], rows);
        Assert.Equal(note, shape.Notes.SingleOrDefault()?.Code);
    }

    [Theory]
    [InlineData("a,b\n1,\"2\n", "a.csv", "table.quote_not_closed", "line 2")]
    [InlineData("a,b\n1,2\n1,2,3\n", "a.csv", "table.too_many_cells", "Line 3")]
    [InlineData("a,b\n", "a.csv", "table.no_rows", "no rows")]
    [InlineData("{\"a\":1}\n{\"a\":", "a.jsonl", "table.broken_json", "Line 2")]
    [InlineData("{\"a\":1}\n[1]\n", "a.jsonl", "table.not_an_object", "Line 2")]
    [InlineData("%PDF-1.7\n", "a.csv", "table.not_a_table", "a PDF")]
    public async Task WhatIsWrong_IsSaidWithItsLine_AndTheChildGoesOn(string text, string name, string code, string said)
    {
        var error = (await TryReadAsync(Encoding.UTF8.GetBytes(text), name)).Error!;
        Assert.Equal(code, error.Code);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal(["1"], (await ReadAsync("a\n1\n"u8.ToArray(), "b.csv")).Rows);
    }

    [Fact]
    public async Task JsonLines_KeepValues_AndColumnsMayComeLater()
    {
        var (shape, rows) = await ReadAsync("{\"a\":1,\"b\":{\"c\":[2]}}\n\n{\"d\":\"x\",\"a\":null}\n"u8.ToArray(), "a.jsonl");
        Assert.Equal(["a", "b", "d"], shape.Columns);
        Assert.Equal(["1|{\"c\":[2]}|", "||x"], rows);
    }

    [Fact]
    public async Task Xlsx_IsReadByTheValuesOfItsFormulas_FromItsFirstSheetWithRows()
    {
        var (shape, rows) = await ReadAsync(Workbook(), "a.xlsx");
        Assert.Equal(["name", "sum"], shape.Columns);
        Assert.Equal(["Ada|3", "=1+1|"], rows);
        Assert.Equal(["table.other_sheets", "table.formulas"], shape.Notes.Select(note => note.Code));
        Assert.Contains("1 had none", shape.Notes[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARowTooMany_IsRefused_WithoutReadingTheRest()
    {
        var read = await TryReadAsync(Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Repeat("1\n", 200_000))), "a.csv", new TableLimits(MaxRows: 1_000));
        Assert.Equal("table.too_many_rows", read.Error?.Code);
    }

    private async Task<(TableShape Shape, List<string> Rows)> ReadAsync(byte[] content, string name)
    {
        using var to = new MemoryStream();
        var shape = await new TableReader(_pool).ReadAsync(new MemoryStream(content), name, new TableLimits(), to, Token);
        Assert.True(shape.IsSuccess, shape.Error?.ToString());
        to.Position = 0;
        var rows = new List<string>();
        await foreach (var row in TableRows.ReadAsync(to, 0, Token))
        {
            rows.Add(string.Join('|', Enumerable.Range(0, shape.Value.Columns.Count).Select(row.TextOf)));
        }

        return (shape.Value, rows);
    }

    private async Task<Result<TableShape>> TryReadAsync(byte[] content, string name, TableLimits? limits = null)
    {
        using var to = new MemoryStream();
        return await new TableReader(_pool).ReadAsync(new MemoryStream(content), name, limits ?? new TableLimits(), to, Token);
    }

    private static byte[] Workbook()
    {
        using var file = new MemoryStream();
        using (var package = SpreadsheetDocument.Create(file, SpreadsheetDocumentType.Workbook))
        {
            var book = package.AddWorkbookPart();
            var sheets = new Sheets();
            book.Workbook = new Workbook(sheets);
            Add("Empty", []);
            Add("Data",
            [
                [Text("name"), Text("sum")],
                [Text("Ada"), new Cell { CellFormula = new CellFormula("1+2"), CellValue = new CellValue("3") }],
                [Text("=1+1"), new Cell { CellFormula = new CellFormula("NOW()") }],
            ]);

            void Add(string name, Cell[][] rows)
            {
                var part = book.AddNewPart<WorksheetPart>();
                part.Worksheet = new Worksheet(new SheetData(rows.Select(cells => new Row(cells))));
                sheets.Append(new Sheet { Id = book.GetIdOfPart(part), SheetId = (uint)sheets.Count() + 1, Name = name });
            }
        }

        return file.ToArray();

        static Cell Text(string value) => new() { DataType = CellValues.InlineString, InlineString = new InlineString(new Text(value)) };
    }
}
