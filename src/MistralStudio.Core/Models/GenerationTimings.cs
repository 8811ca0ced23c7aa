namespace MistralStudio.Core.Models;

/// <summary>Where the time of one generation went, ms. Attached to the last update of a stream, and to a whole response.</summary>
/// <param name="QueueMs">From the request to its first prefill, a model's loading, <see cref="TemplateMs"/> and <see cref="TokenizeMs"/> included.</param>
/// <param name="PrefillMs">Reading the prompt.</param>
/// <param name="DecodeMs">From the first token to the last.</param>
/// <param name="CachedTokens">Prompt tokens whose state was reused instead of computed.</param>
public sealed record GenerationTimings(double QueueMs, double PrefillMs, double DecodeMs, int CachedTokens)
{
    /// <summary>Its key in <c>AdditionalProperties</c>.</summary>
    public const string Key = "mistralstudio.timings";

    /// <summary>Writing the conversation with the model's chat template, a part of <see cref="QueueMs"/>.</summary>
    public double TemplateMs { get; init; }

    /// <summary>Splitting that text into tokens, a part of <see cref="QueueMs"/>.</summary>
    public double TokenizeMs { get; init; }

    /// <summary>Answers that were computed together in a decode step, on average: 1 is alone.</summary>
    public double MeanRows { get; init; } = 1;

    /// <summary>Holding the answers to a grammar, a part of <see cref="DecodeMs"/>.</summary>
    public double MaskMs { get; init; }
}
