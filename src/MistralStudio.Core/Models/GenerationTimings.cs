namespace MistralStudio.Core.Models;

/// <summary>Where the time of one generation went, ms. Attached to the last update of a stream, and to a whole response.</summary>
/// <param name="QueueMs">From the request to its first prefill, a model's loading included.</param>
/// <param name="PrefillMs">Reading the prompt.</param>
/// <param name="DecodeMs">From the first token to the last.</param>
/// <param name="CachedTokens">Prompt tokens whose state was reused instead of computed.</param>
public sealed record GenerationTimings(double QueueMs, double PrefillMs, double DecodeMs, int CachedTokens)
{
    /// <summary>Its key in <c>AdditionalProperties</c>.</summary>
    public const string Key = "mistralstudio.timings";
}
