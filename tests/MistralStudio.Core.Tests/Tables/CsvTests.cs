using System.Text;
using MistralStudio.Core.Tables;

namespace MistralStudio.Core.Tests.Tables;

public sealed class CsvTests
{
    [Theory]
    [InlineData("a,b\n1,2\n", "a|b/1|2")]
    [InlineData("a,b\r\n1,2", "a|b/1|2")]
    [InlineData("a,b\r1,2\r", "a|b/1|2")]
    [InlineData("\"a \"\"b\"\"\",c", "a \"b\"|c")]
    [InlineData("\"two\nlines\",\"two\r\nlines\"", "two\nlines|two\r\nlines")]
    [InlineData("a,\n,b", "a|/|b")]
    [InlineData("a\n\n\nb", "a/b")]
    [InlineData("\"\"\na", "/a")]
    [InlineData("5\" disk,a", "5\" disk|a")]
    [InlineData("", null)]
    public void Cells_AreReadAsWritten(string csv, string? rows) => Assert.Equal(rows, Join(Read(csv)));

    [Theory]
    [InlineData("a,b\n1,\"2\n3,4\n", "table.quote_not_closed", "line 2")]
    [InlineData("a,b\n\n\"x\ny\"z,4\n", "table.text_after_quote", "line 4")]
    [InlineData("a\n\"x\" y", "table.text_after_quote", "line 2")]
    public void BrokenQuoting_IsRefusedWithItsLine(string csv, string code, string line)
    {
        var error = Assert.Throws<TableException>(() => Read(csv)).Error;
        Assert.Equal(code, error.Code);
        Assert.Contains(line, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void QuoteThatSwallowsTheRest_IsRefusedWhereItBegan_BeforeTheRestIsInMemory()
    {
        var csv = "a,b\n1,\"2\n" + string.Concat(Enumerable.Repeat("3,4\n", 10_000));
        var error = Assert.Throws<TableException>(() => Read(csv, new TableLimits(MaxCellCharacters: 1_000))).Error;
        Assert.Equal("table.cell_too_long", error.Code);
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2", ',')]
    [InlineData("a;b\n1,5;2,5", ';')]
    [InlineData("a\tb\n\"1\t,\"\t2", '\t')]
    [InlineData("a|b|c\n1|2|3", '|')]
    [InlineData("word\nword", ',')]
    [InlineData("\"a;b;c\",d\n\"e;f\",g", ',')]
    public void TheSeparator_IsThatWhichPartsTheLinesAlike(string csv, char separator) => Assert.Equal(separator, CsvSeparator.Of(csv));

    [Fact]
    public async Task WhatIsWritten_IsReadBack_WhateverTheCellsHold()
    {
        const string Letters = "a\",;\r\n\t =+-@'é漢\U0001F600|";
        var random = new Random(20261126);
        for (var round = 0; round < 2_000; round++)
        {
            var columns = random.Next(1, 6);
            List<List<string>> rows = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Enumerable.Range(0, columns).Select(_ => Word(random, Letters)).ToList())];
            var text = new StringWriter();
            var writer = new CsvWriter(text);
            foreach (var row in rows)
            {
                await writer.WriteAsync(row);
            }

            var read = Read(text.ToString());

            Assert.Equal(rows.Select(row => row.Select(SpreadsheetFormulas.Escape)), read);
            Assert.All(read.SelectMany(row => row), cell => Assert.False(SpreadsheetFormulas.IsFormula(cell)));
        }
    }

    [Theory]
    [InlineData("=1+1", true)]
    [InlineData("+49 30 1234", true)]
    [InlineData("-2+3", true)]
    [InlineData("@SUM(A1)", true)]
    [InlineData("\t=1", true)]
    [InlineData("\r=1", true)]
    [InlineData("＝1", true)]
    [InlineData("-5", false)]
    [InlineData("+1.25", false)]
    [InlineData("-", true)]
    [InlineData("-.5", true)]
    [InlineData("a=1", false)]
    [InlineData("", false)]
    public void WhatAProgramMayCompute_IsEscaped_AndANumberIsNot(string cell, bool isFormula)
    {
        Assert.Equal(isFormula, SpreadsheetFormulas.IsFormula(cell));
        Assert.Equal(isFormula ? "'" + cell : cell, SpreadsheetFormulas.Escape(cell));
    }

    [Fact]
    public void AMillionRows_AreReadOneAtATime()
    {
        var reader = new CsvReader(new Endless("name,\"a, \"\"quoted\"\" text\"\r\n", 1_000_000), ',', new TableLimits());
        var cells = new List<string>();
        var rows = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        while (reader.Read(cells))
        {
            rows++;
        }

        Assert.Equal((1_000_000, 1_000_000L), (rows, reader.Line));
        // Kept, they would be a hundred megabytes; some are of the tests beside this one.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 32 << 20);
    }

    private static string Word(Random random, string letters)
    {
        var word = new StringBuilder();
        for (var left = random.Next(6); left > 0; left--)
        {
            var rune = letters.EnumerateRunes().ElementAt(random.Next(letters.EnumerateRunes().Count()));
            word.Append(rune.ToString());
        }

        return word.ToString();
    }

    private static List<List<string>> Read(string csv, TableLimits? limits = null)
    {
        var reader = new CsvReader(new StringReader(csv), ',', limits ?? new TableLimits());
        var (rows, cells) = (new List<List<string>>(), new List<string>());
        while (reader.Read(cells))
        {
            rows.Add([.. cells]);
        }

        return rows;
    }

    private static string? Join(List<List<string>> rows) => rows.Count == 0 ? null : string.Join('/', rows.Select(row => string.Join('|', row)));

    // The same line again and again, without holding them.
    private sealed class Endless(string line, int times) : TextReader
    {
        private int _left = times;
        private int _at;

        public override int Read(char[] buffer, int index, int count)
        {
            var written = 0;
            while (written < count && _left > 0)
            {
                var piece = Math.Min(line.Length - _at, count - written);
                line.CopyTo(_at, buffer, index + written, piece);
                (written, _at) = (written + piece, _at + piece);
                if (_at == line.Length)
                {
                    (_at, _left) = (0, _left - 1);
                }
            }

            return written;
        }
    }
}
