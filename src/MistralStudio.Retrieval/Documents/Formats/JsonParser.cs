using System.Text.Encodings.Web;
using System.Text.Json;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>JSON: set out line by line where it is not, a block for each member or element at the top. What is no JSON after all is text.</summary>
internal sealed class JsonParser : IDocumentParser
{
    private static readonly JsonWriterOptions s_setOut = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public ExtractedText Parse(byte[] content, string name, ParseContext context)
    {
        var text = TextEncodings.Decode(content);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 64, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException)
        {
            // JSON Lines, or a file that only begins like JSON.
            return CodeParser.Read(text, "json");
        }

        using (document)
        {
            var into = new DocumentBuilder(context.Limits.MaxCharacters);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in root.EnumerateObject())
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    into.Code($"{JsonSerializer.Serialize(member.Name, JsonNames.Default.String)}: {SetOut(member.Value)}", "json");
                }
            }
            else if (root.ValueKind == JsonValueKind.Array)
            {
                foreach (var element in root.EnumerateArray())
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    into.Code(SetOut(element), "json");
                }
            }
            else
            {
                into.Code(SetOut(root), "json");
            }

            return into.Build();
        }
    }

    private static string SetOut(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_setOut))
        {
            element.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class JsonNames : System.Text.Json.Serialization.JsonSerializerContext;
