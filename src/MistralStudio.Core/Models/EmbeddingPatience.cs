using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>Says of texts to embed that nobody sits before them, so that answers and questions go first.</summary>
public static class EmbeddingPatience
{
    private const string Key = "mistralstudio.can_wait";

    /// <summary>Options of such a call. Models elsewhere do not know them.</summary>
    public static EmbeddingGenerationOptions NewOptions() => new() { AdditionalProperties = new() { [Key] = true } };

    /// <summary>Whether the call can wait.</summary>
    public static bool CanWait(this EmbeddingGenerationOptions? options) => options?.AdditionalProperties?.TryGetValue(Key, out bool canWait) == true && canWait;
}
