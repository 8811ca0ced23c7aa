using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Comma-separated values (RFC 4180), also with semicolons, tabs or bars; the first row names the columns.</summary>
internal sealed class CsvParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        var text = TextEncodings.Decode(content);
        var into = new DocumentBuilder(context.Limits.MaxCharacters);
        var separator = SeparatorOf(text);
        var first = true;
        var rows = 0;
        foreach (var cells in Rows(text, separator))
        {
            into.Row(cells, first);
            first = false;
            if (++rows % 1_000 == 0)
            {
                context.Report(Math.Min(.99, (double)into.Length / text.Length));
            }
        }

        return into.Build();
    }

    /// <summary>The character that parts most of the first lines into the same number of cells.</summary>
    private static char SeparatorOf(string text)
    {
        var lines = text.Split('\n', 11, StringSplitOptions.RemoveEmptyEntries).Take(10).ToList();
        return ((char[])[',', ';', '\t', '|']).MaxBy(separator =>
        {
            var counts = lines.Select(line => line.Count(c => c == separator)).ToList();
            return counts.Count == 0 || counts[0] == 0 ? 0 : (counts.Count(count => count == counts[0]) * 1_000) + counts[0];
        });
    }

    private static IEnumerable<List<string>> Rows(string text, char separator)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                cell.Append('"');
                i++;
            }
            else if (c == '"' && (quoted || cell.Length == 0))
            {
                quoted = !quoted;
            }
            else if (!quoted && c == separator)
            {
                EndCell();
            }
            else if (!quoted && c == '\n')
            {
                EndCell();
                yield return cells;
                cells = [];
            }
            else
            {
                cell.Append(c);
            }
        }

        EndCell();
        yield return cells;

        void EndCell()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }
    }
}
