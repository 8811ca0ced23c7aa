using System.Text.Json;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>
/// A Jupyter notebook: <c>{"cells":[{"cell_type":"markdown"|"code","source":[lines],"outputs":[{"text":[lines]}|{"data":{"text/plain":[lines]}}]}]}</c>.
/// Cells in order, with what code printed under it; pictures are left out.
/// </summary>
internal sealed class NotebookParser : IDocumentParser
{
    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(TextEncodings.Decode(content));
        }
        catch (JsonException)
        {
            return new JsonParser().Parse(content, name, context);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("cells", out var cells) || cells.ValueKind != JsonValueKind.Array)
            {
                return new JsonParser().Parse(content, name, context);
            }

            var language = root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
                && metadata.TryGetProperty("language_info", out var info) && info.ValueKind == JsonValueKind.Object
                && info.TryGetProperty("name", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : "python";
            var into = new DocumentBuilder(context.Limits.MaxCharacters);
            foreach (var cell in cells.EnumerateArray().Where(cell => cell.ValueKind == JsonValueKind.Object))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var source = Lines(cell, "source");
                if (Lines(cell, "cell_type") == "markdown")
                {
                    into.Append(MarkdownParser.Read(source), 0);
                    continue;
                }

                into.Code(source, language);
                foreach (var output in cell.TryGetProperty("outputs", out var outputs) && outputs.ValueKind == JsonValueKind.Array ? outputs.EnumerateArray() : default)
                {
                    into.Code(Lines(output, "text"), null);
                    if (output.ValueKind == JsonValueKind.Object && output.TryGetProperty("data", out var data))
                    {
                        into.Code(Lines(data, "text/plain"), null);
                    }
                }
            }

            return into.Build();
        }
    }

    private static string Lines(JsonElement parent, string name) =>
        parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out var value) ? ""
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : value.ValueKind == JsonValueKind.Array ? string.Concat(value.EnumerateArray().Where(line => line.ValueKind == JsonValueKind.String).Select(line => line.GetString()))
        : "";
}
