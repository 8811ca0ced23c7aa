namespace MistralStudio.Core.Images;

/// <summary>
/// Whether a model reads images, guessed by its name: servers that speak OpenAI's dialect do not say so. Whoever manages the connection may say
/// otherwise.
/// </summary>
public static class ImageReaders
{
    // Pieces of names of families all of whose models read images.
    private static readonly string[] s_pieces =
    [
        "pixtral", "mistral-medium", "mistral-small-3.1", "mistral-small-3.2", "mistral-small-2503", "mistral-small-2506", "mistral-small-latest", "mistral-large-3", "mistral-large-2512",
        "ministral-3", "magistral", "gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-4-turbo", "gpt-5", "chatgpt-4o", "claude-3", "claude-opus", "claude-sonnet", "claude-haiku", "gemini",
        "gemma-3", "gemma3", "llava", "vision", "-vl", "vl-", "qwen2vl", "qwen2.5vl", "qwen3vl", "internvl", "minicpm-v", "molmo", "idefics", "smolvlm", "llama-4", "llama4", "moondream",
        "bakllava", "phi-3.5-v", "phi-4-multimodal", "grok-4", "paligemma", "mistral-small3.1", "mistral-small3.2",
    ];

    // Of those families what hears, draws or turns into vectors instead.
    private static readonly string[] s_others = ["audio", "realtime", "transcribe", "tts", "embed", "image-1", "search"];

    /// <summary>True where the name is one of a model that reads images.</summary>
    public static bool Guess(string name) =>
        (s_pieces.Any(piece => name.Contains(piece, StringComparison.OrdinalIgnoreCase)) || IsReasoner(name))
        && !s_others.Any(other => name.Contains(other, StringComparison.OrdinalIgnoreCase));

    // o1, o3, o4-mini; the small ones before o4 read text alone.
    private static bool IsReasoner(string name)
    {
        var last = name[(name.LastIndexOf('/') + 1)..];
        return last is "o1" or "o3" or "o3-pro" or "o1-pro" || last.StartsWith("o1-20", StringComparison.Ordinal) || last.StartsWith("o3-20", StringComparison.Ordinal) || last.StartsWith("o4", StringComparison.Ordinal);
    }
}
