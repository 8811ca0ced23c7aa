using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;

namespace MistralStudio.Core.Tables;

/// <summary>
/// Writes a workbook of one sheet (ECMA-376) row by row. Every cell is text by its type, never a formula, whatever it begins with.
/// </summary>
public sealed class XlsxWriter : IAsyncDisposable
{
    /// <summary>Rows that a sheet holds, with that of the names.</summary>
    public const long MostRows = 1_048_576;

    /// <summary>Characters that a cell holds.</summary>
    public const int MostCharacters = 32_767;

    private const string Cut = "… [cut here: a cell of Excel holds 32,767 characters]";
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Packages = "http://schemas.openxmlformats.org/package/2006/relationships";

    private readonly ZipArchive _archive;
    private readonly Stream _sheet;
    private readonly XmlWriter _xml;
    private int _row;

    private XlsxWriter(ZipArchive archive, Stream sheet)
    {
        (_archive, _sheet) = (archive, sheet);
        _xml = XmlWriter.Create(sheet, new XmlWriterSettings { Async = true, Encoding = new UTF8Encoding(false), CloseOutput = false });
    }

    /// <summary>Begins a workbook; disposing of the writer ends it.</summary>
    /// <param name="to">A file; it stays open.</param>
    public static async Task<XlsxWriter> BeginAsync(Stream to, CancellationToken cancellationToken)
    {
        var archive = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        await AddAsync(archive, "[Content_Types].xml", """
            <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>
            """, cancellationToken);
        await AddAsync(archive, "_rels/.rels", $"""<Relationships xmlns="{Packages}"><Relationship Id="rId1" Type="{Relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>""", cancellationToken);
        await AddAsync(archive, "xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Relations}"><sheets><sheet name="Rows" sheetId="1" r:id="rId1"/></sheets></workbook>""", cancellationToken);
        await AddAsync(archive, "xl/_rels/workbook.xml.rels", $"""<Relationships xmlns="{Packages}"><Relationship Id="rId1" Type="{Relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>""", cancellationToken);
        var writer = new XlsxWriter(archive, await archive.CreateEntry("xl/worksheets/sheet1.xml", CompressionLevel.Fastest).OpenAsync(cancellationToken));
        await writer._xml.WriteStartDocumentAsync();
        await writer._xml.WriteStartElementAsync(null, "worksheet", Main);
        await writer._xml.WriteStartElementAsync(null, "sheetData", null);
        return writer;
    }

    /// <summary>Writes one row.</summary>
    public async Task WriteAsync(IReadOnlyList<string> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        var row = (++_row).ToString(CultureInfo.InvariantCulture);
        await _xml.WriteStartElementAsync(null, "row", null);
        await _xml.WriteAttributeStringAsync(null, "r", null, row);
        for (var i = 0; i < cells.Count; i++)
        {
            if (cells[i].Length == 0)
            {
                continue;
            }

            await _xml.WriteStartElementAsync(null, "c", null);
            await _xml.WriteAttributeStringAsync(null, "r", null, ColumnName(i) + row);
            await _xml.WriteAttributeStringAsync(null, "t", null, "inlineStr");
            await _xml.WriteStartElementAsync(null, "is", null);
            await _xml.WriteStartElementAsync(null, "t", null);
            await _xml.WriteAttributeStringAsync("xml", "space", null, "preserve");
            await _xml.WriteStringAsync(Writable(cells[i]));
            await _xml.WriteEndElementAsync();
            await _xml.WriteEndElementAsync();
            await _xml.WriteEndElementAsync();
        }

        await _xml.WriteEndElementAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _xml.WriteEndDocumentAsync();
        await _xml.DisposeAsync();
        await _sheet.DisposeAsync();
        await _archive.DisposeAsync();
    }

    private static async Task AddAsync(ZipArchive archive, string name, string xml, CancellationToken cancellationToken)
    {
        await using var part = await archive.CreateEntry(name).OpenAsync(cancellationToken);
        await part.WriteAsync(Encoding.UTF8.GetBytes($"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{xml.Trim()}"""), cancellationToken);
    }

    /// <summary>0 is A, 26 is AA.</summary>
    private static string ColumnName(int column)
    {
        var name = "";
        for (var left = column; left >= 0; left = (left / 26) - 1)
        {
            name = (char)('A' + (left % 26)) + name;
        }

        return name;
    }

    // XML has no place for most control characters; Excel writes them, and an underscore that would be read as one, as _xHHHH_.
    private static string Writable(string cell)
    {
        if (cell.Length > MostCharacters)
        {
            cell = string.Concat(cell.AsSpan(0, MostCharacters - Cut.Length - (char.IsHighSurrogate(cell[MostCharacters - Cut.Length - 1]) ? 1 : 0)), Cut);
        }

        StringBuilder? escaped = null;
        for (var i = 0; i < cell.Length; i++)
        {
            var isPair = char.IsHighSurrogate(cell[i]) && i + 1 < cell.Length && char.IsLowSurrogate(cell[i + 1]);
            var isBad = (!XmlConvert.IsXmlChar(cell[i]) && !isPair) || cell[i] == '\r'
                || (cell[i] == '_' && i + 6 < cell.Length && cell[i + 1] == 'x' && cell[i + 6] == '_' && cell.AsSpan(i + 2, 4).IndexOfAnyExcept("0123456789ABCDEFabcdef") < 0);
            if (isBad)
            {
                escaped ??= new StringBuilder(cell.Length + 16).Append(cell, 0, i);
                escaped.Append(CultureInfo.InvariantCulture, $"_x{(int)cell[i]:X4}_");
            }
            else
            {
                escaped?.Append(cell[i]);
                if (isPair)
                {
                    escaped?.Append(cell[++i]);
                    i += escaped is null ? 1 : 0;
                }
            }
        }

        return escaped?.ToString() ?? cell;
    }
}
