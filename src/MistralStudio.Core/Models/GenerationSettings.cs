namespace MistralStudio.Core.Models;

/// <summary>How an answer is drawn. Null means the model's default.</summary>
/// <param name="Temperature">0 (always the likeliest token) to 2.</param>
/// <param name="TopP">Nucleus, above 0 to 1.</param>
/// <param name="MaxOutputTokens">Most tokens of an answer.</param>
/// <param name="Seed">Same request and seed: same text.</param>
public sealed record GenerationSettings(float? Temperature = null, float? TopP = null, int? MaxOutputTokens = null, long? Seed = null)
{
    /// <summary>Everything at the model's default.</summary>
    public static GenerationSettings Default { get; } = new();
}
