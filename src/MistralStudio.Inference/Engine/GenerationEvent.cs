using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Engine;

/// <summary>What a generation is made of: texts of its answers and their ends; the last end is <see cref="Finished"/>, or all fails.</summary>
internal abstract record GenerationEvent
{
    private GenerationEvent()
    {
    }

    /// <param name="Piece">Whole characters; empty where logprobs alone are left.</param>
    /// <param name="Choice">Which answer it belongs to.</param>
    /// <param name="Logprobs">Of the piece's tokens, where they were asked for.</param>
    public sealed record Text(string Piece, int Choice = 0, IReadOnlyList<TokenLogprob>? Logprobs = null) : GenerationEvent;

    /// <summary>One of several answers ended, others go on.</summary>
    /// <param name="Reason"><c>stop</c> or <c>length</c>.</param>
    public sealed record ChoiceFinished(int Choice, string Reason) : GenerationEvent;

    /// <summary>The last answer ended.</summary>
    /// <param name="Reason"><c>stop</c> or <c>length</c>.</param>
    /// <param name="InputTokens">Of the prompt, which all answers share.</param>
    /// <param name="OutputTokens">Of all answers together.</param>
    /// <param name="Choice">Which answer it was.</param>
    public sealed record Finished(string Reason, int InputTokens, int OutputTokens, GenerationTimings Timings, int Choice = 0) : GenerationEvent;

    public sealed record Failed(Error Error) : GenerationEvent;
}
