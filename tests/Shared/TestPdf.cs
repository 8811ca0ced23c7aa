using System.Globalization;
using System.Text;

namespace MistralStudio.Tests.Shared;

/// <summary>Writes small PDF files by hand.</summary>
public static class TestPdf
{
    /// <summary>A document with a page for each text; an empty one makes a page with nothing but a filled box.</summary>
    public static byte[] Write(params string[] pages) => Assemble(pages, "");

    /// <summary>A document that says it is encrypted with a user password (RC4, 40 bits; the key entries are arbitrary).</summary>
    public static byte[] Encrypted() => Assemble(
        ["Nobody reads this."],
        $" /Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <{new string('4', 64)}> /U <{new string('7', 64)}> >> /ID [<{new string('1', 32)}> <{new string('1', 32)}>]");

    private static byte[] Assemble(string[] pages, string trailer)
    {
        var objects = new List<string>
        {
            "<< /Type /Catalog /Pages 2 0 R >>",
            $"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', pages.Select((_, i) => $"{4 + (2 * i)} 0 R"))}] >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        };
        foreach (var page in pages)
        {
            var lines = page.Split('\n').Select(line => $"({line.Replace(@"\", @"\\").Replace("(", @"\(").Replace(")", @"\)")}) Tj 0 -14 Td");
            var content = page.Length == 0 ? "10 10 100 100 re f" : $"BT /F1 11 Tf 60 760 Td {string.Join(' ', lines)} ET";
            objects.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {objects.Count + 2} 0 R >>");
            objects.Add($"<< /Length {content.Length} >>\nstream\n{content}\nendstream");
        }

        var file = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(file.Length);
            file.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var xref = file.Length;
        file.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            file.Append(CultureInfo.InvariantCulture, $"{offset:D10} 00000 n \n");
        }

        file.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Count + 1} /Root 1 0 R{trailer} >>\nstartxref\n{xref}\n%%EOF\n");
        return Encoding.Latin1.GetBytes(file.ToString());
    }
}
