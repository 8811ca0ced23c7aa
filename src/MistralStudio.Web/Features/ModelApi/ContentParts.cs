using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Images;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>
/// A message's content of parts: texts, which are joined, and images as data URIs. <c>{"type":"image_url","image_url":{"url":"data:..."}}</c>
/// (Mistral also writes the text itself in place of the object), and <c>input_image</c> of the Responses API. Nothing is fetched from an address.
/// </summary>
internal static class ContentParts
{
    /// <summary>Reads a content: a string, nothing, or an array of parts.</summary>
    /// <param name="images">The images in order; null where a message may have none.</param>
    public static ApiError? Read(JsonElement? content, string param, List<AIContent>? images, out string text)
    {
        text = "";
        switch (content?.ValueKind)
        {
            case null or JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.String:
                text = content.Value.GetString()!;
                return null;
            case JsonValueKind.Array:
                var joined = new StringBuilder();
                foreach (var part in content.Value.EnumerateArray())
                {
                    if (ReadPart(part, param, images, joined) is { } wrong)
                    {
                        return wrong;
                    }
                }

                text = joined.ToString();
                return null;
            default:
                return ApiError.Invalid(param, "content is a string or an array of parts.");
        }
    }

    /// <summary>A message with what was read of its content.</summary>
    public static ChatMessage ToMessage(ChatRole role, string text, IReadOnlyList<AIContent>? images) =>
        images is { Count: > 0 } ? new ChatMessage(role, [.. images, new TextContent(text)]) : new ChatMessage(role, text);

    /// <summary>True for a message of the user that neither says nor shows anything.</summary>
    public static bool IsEmpty(ChatMessage message) => message.Role == ChatRole.User && string.IsNullOrWhiteSpace(message.Text) && !HasImages(message);

    /// <summary>Refuses images for a model that would pass over them in silence.</summary>
    public static ApiError? FindUnread(IEnumerable<ChatMessage> messages, bool readsImages, string model) =>
        !readsImages && messages.Any(HasImages)
            ? ApiError.From(ImageErrors.CannotRead(model)) with { Param = "messages" }
            : null;

    private static bool HasImages(ChatMessage message) => message.Contents.Any(content => content is DataContent);

    private static ApiError? ReadPart(JsonElement part, string param, List<AIContent>? images, StringBuilder joined)
    {
        var type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var word) && word.ValueKind == JsonValueKind.String ? word.GetString() : null;
        if (type is "text" or "input_text" or "output_text" && part.TryGetProperty("text", out var value) && value.ValueKind == JsonValueKind.String)
        {
            joined.Append(value.GetString());
            return null;
        }

        if (type is not ("image_url" or "input_image"))
        {
            return ApiError.Unsupported(param, images is null
                ? "Only text parts are supported: {\"type\":\"text\",\"text\":\"...\"}."
                : "Only text and images are supported: {\"type\":\"text\",\"text\":\"...\"} and {\"type\":\"image_url\",\"image_url\":{\"url\":\"data:...\"}}.");
        }

        if (images is null)
        {
            return ApiError.Unsupported(param, "Only the messages of the user have images.");
        }

        if (images.Count == ImageRules.MostInMessage)
        {
            return ApiError.From(ImageErrors.TooMany()) with { Param = param };
        }

        var image = ReadImage(part);
        if (!image.IsSuccess)
        {
            return ApiError.From(image.Error) with { Param = param };
        }

        images.Add(image.Value);
        return null;
    }

    private static Result<DataContent> ReadImage(JsonElement part)
    {
        if (!part.TryGetProperty("image_url", out var given))
        {
            return ImageErrors.BadData();
        }

        var address = given.ValueKind == JsonValueKind.Object && given.TryGetProperty("url", out var inner) ? inner : given;
        if (address.ValueKind != JsonValueKind.String || address.GetString() is not { Length: > 0 } uri)
        {
            return ImageErrors.BadData();
        }

        var read = ImageData.Read(uri, "image");
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        var content = new DataContent(read.Value.Bytes, read.Value.Shape.MediaType);
        if (DetailOf(part, given) is { } detail)
        {
            (content.AdditionalProperties ??= [])["detail"] = detail;
        }

        return content;
    }

    // How closely the model looks: low, high, auto.
    private static string? DetailOf(JsonElement part, JsonElement given)
    {
        var holder = given.ValueKind == JsonValueKind.Object ? given : part;
        return holder.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String && detail.GetString() is "low" or "high" or "auto" ? detail.GetString() : null;
    }
}
