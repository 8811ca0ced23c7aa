using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Imports;

/// <summary>
/// Reads prompts from elsewhere: this studio's export, a curl command or a JSON body in OpenAI's, Mistral's or Anthropic's format, and plain text or
/// Markdown. All of it is hostile; keys in headers are never looked at.
/// </summary>
public static class PromptImport
{
    /// <summary>The schema of an exported prompt.</summary>
    public const string Schema = "mistralstudio.prompt/1";

    /// <summary>Most of one that is read: the texts, and the images in base64.</summary>
    public const int MostBytes = PromptJson.MostBytes + ((int)PromptRules.MostImageBytes / 3 * 4) + (64 * 1024);

    private const int LongestName = 80;

    private static readonly JsonDocumentOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads a text.</summary>
    /// <param name="fileName">Of the file that it is from; null where it was pasted.</param>
    /// <param name="models">Models that there are here: one by the name that a request asked for takes its place.</param>
    public static Result<ImportedPrompt> Read(string text, string? fileName, IReadOnlyList<ModelChoice> models)
    {
        var trimmed = text.Trim().TrimStart('\uFEFF');
        if (trimmed.Length == 0)
        {
            return PromptImportErrors.Empty();
        }

        if (text.Length > MostBytes)
        {
            return PromptImportErrors.TooLarge();
        }

        var read = trimmed.StartsWith("curl", StringComparison.Ordinal) && (trimmed.Length == 4 || char.IsWhiteSpace(trimmed[4]) || trimmed[4] == '.')
            ? ReadCurl(trimmed, fileName, models)
            : trimmed[0] == '{' ? ReadJson(trimmed, fileName, models)
            : trimmed[0] == '[' && AreMessages(trimmed) ? ReadJson($$"""{"messages":{{trimmed}}}""", fileName, models)
            : ReadText(text, fileName);
        return read.IsSuccess && PromptRules.Check(read.Value.Content) is { } broken ? broken : read;
    }

    /// <summary>Writes a version as a file that <see cref="Read"/> reads. Knowledge bases are ids of one workspace and stay there.</summary>
    /// <param name="images">The bytes of its images, by hash.</param>
    public static string Export(Prompt prompt, PromptText version, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> images)
    {
        var file = new
        {
            schema = Schema,
            name = prompt.Form.Name,
            folder = prompt.Form.Folder,
            tags = prompt.Form.Tags,
            message = version.Version.Message,
            content = PromptImageData.Put(version.Content with { Knowledge = [] }, images),
        };
        return JsonSerializer.Serialize(file, new JsonSerializerOptions(PromptJson.Options) { WriteIndented = true });
    }

    private static Result<ImportedPrompt> ReadCurl(string command, string? fileName, IReadOnlyList<ModelChoice> models)
    {
        var words = ShellWords.Read(command);
        if (!words.IsSuccess)
        {
            return words.Error;
        }

        string? body = null;
        for (var i = 1; i < words.Value.Count; i++)
        {
            var (flag, value) = Split(words.Value[i]);
            if (flag is not ("-d" or "--data" or "--data-raw" or "--data-binary" or "--data-ascii" or "--json"))
            {
                continue;
            }

            value ??= i + 1 < words.Value.Count ? words.Value[++i] : "";
            if (value.StartsWith('@') && flag != "--data-raw")
            {
                return PromptImportErrors.BodyInFile(value[1..]);
            }

            body += value;
        }

        return body is null ? PromptImportErrors.NoBody() : ReadJson(body.Trim(), fileName, models);
    }

    private static (string Flag, string? Value) Split(string word)
    {
        if (word.StartsWith("--", StringComparison.Ordinal))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
        }

        return word.StartsWith("-d", StringComparison.Ordinal) && word.Length > 2 ? ("-d", word[2..]) : (word, null);
    }

    private static Result<ImportedPrompt> ReadJson(string text, string? fileName, IReadOnlyList<ModelChoice> models)
    {
        try
        {
            using var document = JsonDocument.Parse(text, s_lenient);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return PromptImportErrors.NotARequest();
            }

            return root.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.String && schema.GetString()!.StartsWith("mistralstudio.", StringComparison.Ordinal)
                ? ReadExport(root, schema.GetString()!, fileName)
                : new RequestReader(root, models).Read(NameOf(fileName));
        }
        catch (JsonException wrong)
        {
            return PromptImportErrors.BadJson(wrong.Message);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which is JSON and no text.
            return PromptImportErrors.BadJson("a text holds half of a character.");
        }
    }

    // [{"role": "user", "content": ".."}, ..]: a request's messages without the request. Markdown begins with a bracket too.
    private static bool AreMessages(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, s_lenient);
            return document.RootElement.GetArrayLength() > 0 && document.RootElement.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("role", out _));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Result<ImportedPrompt> ReadExport(JsonElement root, string schema, string? fileName)
    {
        if (schema != Schema)
        {
            return PromptImportErrors.NewerSchema(schema);
        }

        if (!root.TryGetProperty("content", out var wrapped))
        {
            return PromptImportErrors.WrongField("content", "is missing");
        }

        var content = PromptJson.ReadHostile(wrapped);
        if (!content.IsSuccess)
        {
            return content.Error;
        }

        var tags = root.TryGetProperty("tags", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Where(tag => tag.ValueKind == JsonValueKind.String).Select(tag => tag.GetString()!).ToArray()
            : [];
        var notes = content.Value.Knowledge.Count > 0 ? ["Its knowledge bases were left out: they belong to another workspace."] : Array.Empty<string>();
        return new ImportedPrompt(
            new PromptForm(Text(root, "name") is { Length: > 0 } name ? Short(name) : NameOf(fileName) ?? "Imported prompt", Text(root, "folder") ?? "", tags),
            content.Value with { Knowledge = [] },
            Text(root, "message") ?? "",
            notes);
    }

    private static ImportedPrompt ReadText(string text, string? fileName)
    {
        var first = text.AsSpan().TrimStart().TrimStart('#').Trim().ToString().Split('\n', 2)[0].Trim();
        return new(
            PromptForm.Named(NameOf(fileName) ?? Short(first)),
            PromptContent.Empty with { Messages = [new(MessageRole.User, text.TrimStart('\uFEFF').ReplaceLineEndings("\n").Trim('\n'))] },
            "",
            []);
    }

    private static string? NameOf(string? fileName) => Path.GetFileNameWithoutExtension(fileName) is { Length: > 0 } name ? Short(name.Replace('_', ' ')) : null;

    private static string Short(string name)
    {
        string clean = new([.. name.Where(character => !char.IsControl(character))]);
        clean = clean.Trim();
        return clean.Length == 0 ? "Imported prompt" : clean.Length <= LongestName ? clean : clean[..LongestName].Trim();
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
