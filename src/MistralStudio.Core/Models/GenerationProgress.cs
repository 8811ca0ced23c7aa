namespace MistralStudio.Core.Models;

/// <summary>What a generation has come to with the words that it is attached to: all that is known of one that is stopped.</summary>
/// <param name="InputTokens">Of the prompt.</param>
/// <param name="OutputTokens">Of the answer so far.</param>
/// <param name="Timings">Where the time went so far.</param>
public sealed record GenerationProgress(int InputTokens, int OutputTokens, GenerationTimings Timings)
{
    /// <summary>Its key in <c>AdditionalProperties</c>.</summary>
    public const string Key = "mistralstudio.progress";
}
