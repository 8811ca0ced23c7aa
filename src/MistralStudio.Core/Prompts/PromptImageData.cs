using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;

namespace MistralStudio.Core.Prompts;

/// <summary>
/// The bytes of images inside the JSON of a content, as it comes from elsewhere and goes there:
/// <c>{"messages":[{"role":"user","text":"...","images":[{"name":"seal.png","data":"data:image/png;base64,..."}]}]}</c>.
/// </summary>
public static class PromptImageData
{
    private const string Data = "data", Name = "name", Images = "images";

    /// <summary>An image with its bytes, as a message has it.</summary>
    public static MessageImage Describe(ReadOnlyMemory<byte> bytes, ImageShape shape, string name) => new(
        Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), shape.MediaType, shape.Width, shape.Height, bytes.Length, MessageImage.Label(name));

    /// <summary>The JSON of a content with each image that came with its bytes described in their place; and those bytes, by hash.</summary>
    public static Result<(JsonElement Json, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Bytes)> Take(JsonElement content)
    {
        var bytes = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (!Messages(content).Any(message => Listed(message).Any(image => image.ValueKind == JsonValueKind.Object && image.TryGetProperty(Data, out _))))
        {
            return (content, bytes);
        }

        var written = JsonNode.Parse(content.GetRawText(), documentOptions: new() { MaxDepth = PromptJson.Options.MaxDepth, AllowDuplicateProperties = false })!;
        foreach (var images in written["messages"]!.AsArray().OfType<JsonObject>().Select(message => message[Images]).OfType<JsonArray>())
        {
            for (var i = 0; i < images.Count; i++)
            {
                if (images[i] is not JsonObject image || !image.TryGetPropertyValue(Data, out var data))
                {
                    continue;
                }

                var name = image[Name] is JsonValue given && given.TryGetValue<string>(out var called) && called.Length > 0 ? called : "image";
                var read = data is JsonValue value && value.TryGetValue<string>(out var uri) ? ImageData.Read(uri, MessageImage.Label(name)) : ImageErrors.BadData();
                if (!read.IsSuccess)
                {
                    return read.Error;
                }

                var described = Describe(read.Value.Bytes, read.Value.Shape, name);
                bytes[described.Sha256] = read.Value.Bytes;
                images[i] = JsonSerializer.SerializeToNode(described, PromptJson.Options);
            }
        }

        return (JsonSerializer.SerializeToElement(written, PromptJson.Options), bytes);
    }

    /// <summary>The JSON of a content with the bytes of its images in it.</summary>
    /// <param name="bytes">By hash; an image that is not among them stays as it is described.</param>
    public static JsonNode Put(PromptContent content, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> bytes)
    {
        var written = JsonSerializer.SerializeToNode(content, PromptJson.Options)!;
        foreach (var (message, place) in content.Messages.Select((message, place) => (message, place)).Where(one => one.message.Images.Count > 0))
        {
            var images = written["messages"]![place]![Images]!.AsArray();
            for (var i = 0; i < message.Images.Count; i++)
            {
                var image = message.Images[i];
                if (bytes.TryGetValue(image.Sha256, out var kept))
                {
                    images[i] = new JsonObject { [Name] = image.Name, [Data] = ImageData.Write(image.MediaType, kept.Span) };
                }
            }
        }

        return written;
    }

    private static IEnumerable<JsonElement> Messages(JsonElement content) => content.ValueKind == JsonValueKind.Object ? List(content, "messages") : [];

    private static IEnumerable<JsonElement> Listed(JsonElement message) => message.ValueKind == JsonValueKind.Object ? List(message, Images) : [];

    private static IEnumerable<JsonElement> List(JsonElement json, string name) => json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
