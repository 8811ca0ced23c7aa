namespace MistralStudio.Core.Images;

/// <summary>What an image may be that a model is shown.</summary>
public static class ImageRules
{
    /// <summary>Most of one image: the limit of the usual APIs is twice to four times as much, with what base64 adds.</summary>
    public const int MostBytes = 5 * 1024 * 1024;

    /// <summary>Most images of one message.</summary>
    public const int MostInMessage = 8;

    /// <summary>Most images of one conversation.</summary>
    public const int MostInConversation = 200;

    /// <summary>Most pixels of one image: a small file can unfold to a very large picture in whoever shows it.</summary>
    public const long MostPixels = 50_000_000;

    /// <summary>What the bytes are, where they may be shown to a model.</summary>
    /// <param name="name">What people call it.</param>
    public static Result<ImageShape> Check(ReadOnlySpan<byte> bytes, string name) =>
        bytes.Length > MostBytes ? ImageErrors.TooLarge(name)
        : ImageShape.Read(bytes) is not { } shape ? ImageErrors.NotAnImage(name)
        : (long)shape.Width * shape.Height > MostPixels ? ImageErrors.TooManyPixels(name, shape)
        : shape;
}

/// <summary>Expected failures of images that a model is shown.</summary>
public static class ImageErrors
{
    public static Error NotAnImage(string name) => new(
        "image.not_an_image", $"\"{name}\" is no image that models read.", "Use a PNG, JPEG, WebP or GIF; the format is told by the content, not by the name.");

    public static Error TooLarge(string name) => new(
        "image.too_large", $"\"{name}\" is larger than {Size.Format(ImageRules.MostBytes)}, which is the most for an image.", "Make it smaller, or save it as JPEG or WebP.");

    public static Error TooManyPixels(string name, ImageShape shape) => new(
        "image.too_many_pixels",
        $"\"{name}\" has {shape.Width:N0} by {shape.Height:N0} pixels; the most is {ImageRules.MostPixels / 1_000_000} million.",
        "Make it smaller; models read large images reduced anyway.");

    public static Error TooMany() => new(
        "image.too_many", $"A message may have {ImageRules.MostInMessage} images.", "Remove one first, or ask in several messages.");

    public static Error ConversationFull() => new(
        "image.conversation_full", $"This conversation has {ImageRules.MostInConversation} images, which is the most.", "Begin a new one.");

    public static Error Gone() => new("image.gone", "An image of this conversation or prompt is gone.", "Edit the message and add the image again.");

    public static Error CannotRead(string model) => new(
        "image.cannot_read", $"\"{model}\" cannot read images.", "Choose a model that reads them, or remove the images.");

    /// <param name="model">Null where its name is hidden.</param>
    public static Error CannotReadIn(string column, string? model) => new(
        "image.cannot_read", $"Column {column} was not asked: {(model is null ? "its model" : $"\"{model}\"")} cannot read images.", "Choose a model there that reads them, or remove the images.");

    public static Error Remote() => new(
        "image.remote", "Images are not fetched from addresses.", "Send the image itself: data:image/png;base64,...");

    public static Error BadData() => new(
        "image.bad_data", "This is no image as a data URI.", "Send data:image/png;base64, followed by the bytes of a PNG, JPEG, WebP or GIF in base64.");
}
