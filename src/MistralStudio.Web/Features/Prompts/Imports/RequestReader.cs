using System.Globalization;
using System.Text;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Imports;

/// <summary>
/// Reads a request to a chat model. OpenAI and Mistral: <c>{"model", "messages": [{"role", "content"}], "temperature", "tools": [{"type": "function",
/// "function": {"name", "parameters"}}], "response_format"}</c>. Anthropic: <c>{"model", "system", "messages", "max_tokens", "tools": [{"name",
/// "input_schema"}]}</c>.
/// </summary>
internal sealed class RequestReader(JsonElement body, IReadOnlyList<ModelChoice> models)
{
    // What says how an answer is sent, and nothing about the prompt.
    private static readonly HashSet<string> s_ofSending = new(StringComparer.Ordinal) { "stream", "stream_options", "user", "metadata", "store", "service_tier", "safe_prompt", "prompt_mode" };

    private static readonly HashSet<string> s_read = new(StringComparer.Ordinal)
    {
        "model", "messages", "system", "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "random_seed", "tools", "response_format",
    };

    private readonly List<string> _notes = [];
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _images = new(StringComparer.Ordinal);

    public Result<ImportedPrompt> Read(string? name)
    {
        if (!body.TryGetProperty("messages", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return PromptImportErrors.NotARequest();
        }

        var messages = ReadMessages(list);
        var tools = ReadTools();
        var answer = ReadAnswer();
        var settings = ReadSettings();
        if ((messages.Error ?? tools.Error ?? answer.Error ?? settings.Error) is { } wrong)
        {
            return wrong;
        }

        var left = body.EnumerateObject().Select(member => member.Name).Where(member => !s_read.Contains(member) && !s_ofSending.Contains(member)).Distinct(StringComparer.Ordinal).Take(20).ToList();
        if (left.Count > 0)
        {
            _notes.Add($"Left out, since prompts do not keep it: {string.Join(", ", left.Select(one => one.Length <= 40 ? one : one[..40]))}.");
        }

        var content = PromptContent.Empty with
        {
            Messages = messages.Value, Model = ReadModel(), Settings = settings.Value, Tools = tools.Value, Answer = answer.Value is [var form] ? form : null, Attached = _images,
        };
        return new ImportedPrompt(PromptForm.Named(name ?? "Imported prompt"), content, "", [.. _notes.Distinct(StringComparer.Ordinal)]);
    }

    private string ReadModel()
    {
        if (!body.TryGetProperty("model", out var named) || named.ValueKind != JsonValueKind.String || named.GetString() is not { Length: > 0 } asked)
        {
            return ModelReference.Default.ToString();
        }

        // The model by its own name here, or behind the first connection that has it.
        var found = models.FirstOrDefault(model => model.Id == asked) ?? models.FirstOrDefault(model => model.Id.EndsWith($"/{asked}", StringComparison.Ordinal));
        if (found is not null && PromptRules.CheckModel(found.Id) is null)
        {
            return found.Id;
        }

        _notes.Add($"The request asks \"{(asked.Length <= 80 ? asked : asked[..77] + "...")}\", which there is not here; the default model takes its place.");
        return ModelReference.Default.ToString();
    }

    private Result<IReadOnlyList<PromptMessage>> ReadMessages(JsonElement list)
    {
        var messages = new List<PromptMessage>();
        if (body.TryGetProperty("system", out var system))
        {
            if (ReadText(system, "system", images: null) is var text && !text.IsSuccess)
            {
                return text.Error;
            }

            messages.Add(new(MessageRole.System, text.Value));
        }

        var place = 0;
        foreach (var message in list.EnumerateArray())
        {
            var at = $"messages[{place++}]";
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var named) || named.ValueKind != JsonValueKind.String)
            {
                return PromptImportErrors.WrongField(at, "has to be an object with a role");
            }

            MessageRole? role = named.GetString() switch
            {
                "system" or "developer" => MessageRole.System,
                "user" => MessageRole.User,
                "assistant" => MessageRole.Assistant,
                "tool" or "function" => null,
                var other => (MessageRole)(-1),
            };
            if (role is (MessageRole)(-1))
            {
                return PromptImportErrors.WrongField($"{at}.role", "has to be system, developer, user, assistant or tool");
            }

            if (role is null || message.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array)
            {
                _notes.Add("Calls of tools and their results were left out of the messages.");
            }

            if (role is null)
            {
                continue;
            }

            List<MessageImage>? images = role == MessageRole.User ? [] : null;
            var content = message.TryGetProperty("content", out var sent) ? ReadText(sent, $"{at}.content", images) : "";
            if (!content.IsSuccess)
            {
                return content.Error;
            }

            if (content.Value.Length > 0 || images is { Count: > 0 })
            {
                messages.Add(new(role.Value, content.Value) { Images = images ?? [] });
            }
        }

        return messages;
    }

    /// <param name="images">Where images go; null where there may be none.</param>
    private Result<string> ReadText(JsonElement content, string place, List<MessageImage>? images)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                return content.GetString()!;
            case JsonValueKind.Null:
                return "";
            case JsonValueKind.Array:
                var text = new StringBuilder();
                foreach (var part in content.EnumerateArray())
                {
                    if (part.ValueKind == JsonValueKind.String)
                    {
                        text.Append(part.GetString());
                    }
                    else if (part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var piece) && piece.ValueKind == JsonValueKind.String)
                    {
                        text.Append(piece.GetString());
                    }
                    else if (images is not null && UriOf(part) is { } uri)
                    {
                        Take(uri, images);
                    }
                    else if (part.ValueKind == JsonValueKind.Object)
                    {
                        _notes.Add("Parts of messages that are neither text nor images (files, sound, calls of tools) were left out.");
                    }
                    else
                    {
                        return PromptImportErrors.WrongField(place, "has to be text, or a list of parts");
                    }
                }

                return text.ToString();
            default:
                return PromptImportErrors.WrongField(place, "has to be text, or a list of parts");
        }
    }

    // {"type":"image_url","image_url":{"url"}} and the text itself in place of the object; Anthropic's {"type":"image","source":{"type":"base64","media_type","data"}}.
    private static string? UriOf(JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (part.TryGetProperty("image_url", out var given))
        {
            var address = given.ValueKind == JsonValueKind.Object && given.TryGetProperty("url", out var inner) ? inner : given;
            return address.ValueKind == JsonValueKind.String ? address.GetString() : null;
        }

        return part.TryGetProperty("source", out var source) && source.ValueKind == JsonValueKind.Object
            ? source.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.String ? $"data:image;base64,{data.GetString()}"
            : source.TryGetProperty("url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString() : null
            : null;
    }

    private void Take(string uri, List<MessageImage> images)
    {
        var read = ImageData.Read(uri, "image");
        if (!read.IsSuccess)
        {
            _notes.Add($"An image was left out. {read.Error.Message}");
            return;
        }

        var described = PromptImageData.Describe(read.Value.Bytes, read.Value.Shape, string.Create(CultureInfo.InvariantCulture, $"image {_images.Count + 1}"));
        if (_images.TryAdd(described.Sha256, read.Value.Bytes) || !images.Exists(image => image.Sha256 == described.Sha256))
        {
            images.Add(described);
        }
    }

    private Result<IReadOnlyList<PromptTool>> ReadTools()
    {
        if (!body.TryGetProperty("tools", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return Result<IReadOnlyList<PromptTool>>.Success([]);
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            return PromptImportErrors.WrongField("tools", "has to be a list");
        }

        var tools = new List<PromptTool>();
        foreach (var tool in list.EnumerateArray())
        {
            var at = $"tools[{tools.Count}]";
            if (tool.ValueKind != JsonValueKind.Object)
            {
                return PromptImportErrors.WrongField(at, "has to be an object");
            }

            var function = tool.TryGetProperty("function", out var inner) ? inner : tool;
            if (function.ValueKind != JsonValueKind.Object || !function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            {
                _notes.Add("A tool that the vendor runs itself was left out.");
                continue;
            }

            var parameters = function.TryGetProperty("parameters", out var schema) || function.TryGetProperty("input_schema", out schema) ? schema : JsonElement.Parse("""{"type":"object","properties":{}}""");
            tools.Add(new(name.GetString()!, function.TryGetProperty("description", out var words) && words.ValueKind == JsonValueKind.String ? words.GetString()! : "", parameters.Clone()));
        }

        return tools;
    }

    // A list of one or none, since a result holds a value.
    private Result<IReadOnlyList<PromptSchema>> ReadAnswer()
    {
        if (!body.TryGetProperty("response_format", out var format) || format.ValueKind != JsonValueKind.Object || !format.TryGetProperty("type", out var type))
        {
            return Result<IReadOnlyList<PromptSchema>>.Success([]);
        }

        switch (type.ValueKind == JsonValueKind.String ? type.GetString() : null)
        {
            case "json_object":
                return Result<IReadOnlyList<PromptSchema>>.Success([new("answer", JsonElement.Parse("""{"type":"object"}"""), Strict: false)]);
            case "json_schema" when format.TryGetProperty("json_schema", out var holder) && holder.ValueKind == JsonValueKind.Object && (holder.TryGetProperty("schema", out var schema) || holder.TryGetProperty("schema_definition", out schema)):
                var name = holder.TryGetProperty("name", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : "answer";
                var strict = !holder.TryGetProperty("strict", out var held) || held.ValueKind != JsonValueKind.False;
                return Result<IReadOnlyList<PromptSchema>>.Success([new(name, schema.Clone(), strict)]);
            case "json_schema":
                return PromptImportErrors.WrongField("response_format", "has to have json_schema with a schema");
            default:
                return Result<IReadOnlyList<PromptSchema>>.Success([]);
        }
    }

    private Result<GenerationSettings> ReadSettings()
    {
        var temperature = Number("temperature");
        var topP = Number("top_p");
        var most = Number("max_completion_tokens") is { IsSuccess: true, Value: not null } newer ? newer : Number("max_tokens");
        var seed = Number("seed") is { IsSuccess: true, Value: not null } given ? given : Number("random_seed");
        if ((temperature.Error ?? topP.Error ?? most.Error ?? seed.Error) is { } wrong)
        {
            return wrong;
        }

        return most.Value is not null and not (>= 1 and <= int.MaxValue)
            ? PromptImportErrors.WrongField("max_tokens", "has to be a whole number from 1")
            : seed.Value is not null and not (>= -9e15 and <= 9e15)
                ? PromptImportErrors.WrongField("seed", "has to be a whole number")
                : new GenerationSettings((float?)temperature.Value, (float?)topP.Value, (int?)most.Value, (long?)seed.Value);
    }

    private Result<double?> Number(string name)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return (double?)null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? (double?)number : PromptImportErrors.WrongField(name, "has to be a number");
    }
}
