using System.Text.Encodings.Web;
using System.Text.Json;

namespace MistralStudio.Web.Features.Chat.Markdown;

/// <summary>What is shown of an answer that has a form: its JSON as a block of code, whole and in lines once it has ended.</summary>
public static class FormText
{
    // JSON can hold the usual fence in a text.
    private const string Fence = "~~~~";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The Markdown of an answer, and whether it is of a form.</summary>
    public static (string Text, bool IsForm) Of(ChatEntry entry)
    {
        var text = entry.Text;
        if (entry.Form is null || text.Length == 0)
        {
            return (text, false);
        }

        var begin = entry.Tools.Count > 0 ? Math.Min(entry.Tools.Max(use => use.At), text.Length) : 0;
        var json = text[begin..].TrimStart();
        if (json.Length == 0 || json[0] is not ('{' or '[' or '"'))
        {
            // Words, or a block of code that the model wrote itself.
            return (text, true);
        }

        var before = text[..begin].TrimEnd();
        var lead = before.Length > 0 ? $"{before}\n\n" : "";
        return ($"{lead}{Fence}json\n{(entry.IsLive ? json : $"{Indented(json)}\n{Fence}")}", true);
    }

    private static string Indented(string json)
    {
        try
        {
            return JsonSerializer.Serialize(JsonElement.Parse(json), s_indented);
        }
        catch (JsonException)
        {
            return json;
        }
    }
}
