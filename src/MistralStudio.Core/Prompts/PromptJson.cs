using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MistralStudio.Core.Conversations;

namespace MistralStudio.Core.Prompts;

/// <summary>How contents of prompts are written: canonical JSON with camelCase members, nothing for null.</summary>
public static class PromptJson
{
    /// <summary>Most of the JSON of one content, UTF-8 bytes.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    /// <summary>What else is to be written like contents (drafts, exports) is written with these.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 128,
        // Hashes of contents without images are what they were before messages could have some.
        TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(LeaveOutNoImages),
    };

    /// <summary>The content as canonical JSON: equal contents give the same text.</summary>
    public static string Write(PromptContent content) => Encoding.UTF8.GetString(CanonicalJson.Write(JsonSerializer.SerializeToElement(content, Options)));

    /// <summary>SHA-256 of the canonical JSON, lower-case hex.</summary>
    public static string Hash(PromptContent content) => CanonicalJson.Hash(JsonSerializer.SerializeToElement(content, Options));

    /// <summary>Reads a content that was written here before; nothing about it is checked but its form.</summary>
    public static Result<PromptContent> Read(string json)
    {
        try
        {
            return json.Length <= MostBytes && JsonSerializer.Deserialize<PromptContent>(json, Options) is { } content
                ? content
                : json.Length > MostBytes ? PromptErrors.TooLarge() : PromptErrors.Unreadable("it is null");
        }
        catch (JsonException wrong)
        {
            return PromptErrors.Unreadable(Place(wrong));
        }
    }

    /// <summary>
    /// Reads a content from elsewhere: its form and everything that <see cref="PromptRules"/> holds. An image may come with its bytes:
    /// <c>{"name":"seal.png","data":"data:image/png;base64,..."}</c>; they are then <see cref="PromptContent.Attached"/>.
    /// </summary>
    public static Result<PromptContent> ReadHostile(JsonElement json)
    {
        try
        {
            var attached = PromptImageData.Take(json);
            if (!attached.IsSuccess)
            {
                return attached.Error;
            }

            return JsonSerializer.Deserialize<PromptContent>(attached.Value.Json, Options) is not { } content
                ? PromptErrors.Unreadable("it is null")
                : HasHoles(content) ? PromptErrors.Unreadable("one of its lists holds null")
                : PromptRules.Check(content) is { } broken ? broken : content with { Attached = attached.Value.Bytes };
        }
        catch (JsonException wrong)
        {
            return PromptErrors.Unreadable(Place(wrong));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which System.Text.Json reads as JSON and refuses as text.
            return PromptErrors.Unreadable("a text holds half of a character");
        }
    }

    // The serializer refuses null for a member that may not be null, but not for what a list holds.
    private static bool HasHoles(PromptContent content) =>
        content.Messages.Any(item => item is null || item.Images.Any(image => image is null)) || content.Tools.Any(item => item is null) || content.Variables.Any(item => item is null || item.Choices.Any(choice => choice is null));

    private static void LeaveOutNoImages(JsonTypeInfo type)
    {
        if (type.Type == typeof(PromptMessage))
        {
            type.Properties.Single(property => property.Name == "images").ShouldSerialize = (_, images) => images is IReadOnlyList<MessageImage> { Count: > 0 };
        }
    }

    private static string Place(JsonException wrong) => wrong.Path is { Length: > 1 } path ? $"{path[2..]} has a form that it cannot have" : "it is not the JSON of a prompt";
}
