using System.Globalization;
using System.Text;
using System.Text.Json;
using MistralStudio.Agents.Outside;
using MistralStudio.Core;
using ModelContextProtocol.Protocol;

namespace MistralStudio.Agents.Mcp;

/// <summary>What a server of tools says, as the product keeps it: bounded, and without what nobody can see.</summary>
internal static class ToolAnswer
{
    private const int MostName = 128;
    private const int MostTitle = 200;
    private const int MostDescription = 4_000;
    private const int MostParameters = 64 * 1024;

    private static readonly JsonElement s_anyObject = JsonElement.Parse("""{"type":"object"}""");

    /// <summary>A tool; null where its name could not be called.</summary>
    public static ServerTool? Describe(Tool tool)
    {
        if (tool.Name is not { Length: > 0 and <= MostName } name || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.' or '/'))
        {
            return null;
        }

        var parameters = tool.InputSchema is { ValueKind: JsonValueKind.Object } schema && schema.GetRawText().Length <= MostParameters ? schema.Clone() : s_anyObject;
        return new ServerTool(name, Cut(Visible(tool.Title ?? name), MostTitle), Cut(Visible(tool.Description ?? ""), MostDescription), parameters);
    }

    /// <summary>What a call returned; fails where it is longer than the limit.</summary>
    public static Result<ToolResult> Of(string server, CallToolResult result, string? key, long mostBytes)
    {
        var text = new StringBuilder();
        foreach (var block in result.Content ?? [])
        {
            var part = block switch
            {
                TextContentBlock words => words.Text ?? "",
                EmbeddedResourceBlock { Resource: TextResourceContents words } => words.Text ?? "",
                ImageContentBlock image => $"[image {image.MimeType}]",
                AudioContentBlock audio => $"[audio {audio.MimeType}]",
                ResourceLinkBlock link => $"[{link.Name}: {link.Uri}]",
                _ => $"[{block.Type}]",
            };
            text.Append(text.Length > 0 ? "\n" : "").Append(part);
            if (text.Length > mostBytes)
            {
                return McpErrors.TooLong(server, mostBytes);
            }
        }

        JsonElement? structured = null;
        if (result.StructuredContent is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } content)
        {
            var raw = content.GetRawText();
            if (raw.Length > mostBytes)
            {
                return McpErrors.TooLong(server, mostBytes);
            }

            structured = JsonElement.Parse(ServerKey.Hide(raw, key));
        }

        return new ToolResult(ServerKey.Hide(Visible(text.ToString()), key), structured, result.IsError is true);
    }

    /// <summary>The text without control characters and without the tag characters (U+E0000 to U+E007F) that hide words from people and not from models.</summary>
    public static string Visible(string text)
    {
        if (!text.Any(letter => letter < ' ' && letter is not ('\n' or '\t') || letter is '\u007F' or '\uDB40'))
        {
            return text;
        }

        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t' || (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Control && rune.Value is not (>= 0xE0000 and <= 0xE007F)))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString();
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : $"{text[..(most - 3)]}...";
}
