using System.Text.Json.Serialization;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Agents;

/// <summary>
/// What happens during a turn, in order: at most one <see cref="Retrieved"/>, texts with their <see cref="Confidence"/>, each step of each
/// <see cref="Tool"/>, a <see cref="Checked"/> where the answer has a form, then one of <see cref="Completed"/>, <see cref="Failed"/> or
/// <see cref="Stopped"/>.
/// </summary>
public abstract record AgentEvent
{
    private AgentEvent()
    {
    }

    /// <summary>The passages that were found, best first; those that the model reads with a parent have it, the others are read by themselves.</summary>
    /// <param name="Given">How many of them, from the first, the model is given: as many as it has room for.</param>
    public sealed record Retrieved(IReadOnlyList<SearchHit> Hits, int Given, SearchTimings Timings) : AgentEvent;

    /// <summary>The next piece of the answer.</summary>
    public sealed record TextDelta(string Text) : AgentEvent;

    /// <summary>How likely the model found the tokens of the text that came before; only where the turn asks and the model tells.</summary>
    public sealed record Confidence(IReadOnlyList<TokenLogprob> Tokens) : AgentEvent;

    /// <summary>A call of a tool as it now stands: asked for, being made, over.</summary>
    public sealed record Tool(ToolUse Use) : AgentEvent;

    /// <summary>The answer was compared with its schema.</summary>
    public sealed record Checked(AnswerCheck Check) : AgentEvent;

    /// <summary>The answer is whole.</summary>
    /// <param name="FinishReason"><c>stop</c> or <c>length</c>, as on the wire.</param>
    public sealed record Completed(string FinishReason, IReadOnlyList<Citation> Citations, TokenUsage Usage, TurnTimings Timings) : AgentEvent;

    /// <summary>The turn was cancelled after its first words; the stream ends with <see cref="OperationCanceledException"/> after it.</summary>
    /// <param name="Usage">Up to the last words that came; null where the model says it at the end only.</param>
    public sealed record Stopped(TokenUsage? Usage, TurnTimings Timings) : AgentEvent;

    /// <summary>The turn ended with an expected failure; texts before it stand.</summary>
    public sealed record Failed(Error Error) : AgentEvent
    {
        /// <summary>When the model can be asked again, where it says so.</summary>
        public TimeSpan? RetryAfter { get; init; }
    }
}

/// <summary>Tokens of a turn.</summary>
/// <param name="InputTokens">Of the prompt.</param>
/// <param name="OutputTokens">Of the answer.</param>
/// <param name="CachedTokens">Of the prompt, reused instead of computed.</param>
/// <param name="Cost">Price of the turn, US dollars; null where it is not known, and on this machine.</param>
public sealed record TokenUsage(int InputTokens, int OutputTokens, int CachedTokens = 0, decimal? Cost = null)
{
    /// <summary>The reference of the model that answered in the place of the one that was asked; null where that one answered itself.</summary>
    public string? StandIn { get; init; }
}

/// <summary>Where a turn's time went, ms; the parts are the timing ribbon.</summary>
/// <param name="FirstTokenMs">From the question to the first token; to the end where none came.</param>
/// <param name="TokensPerSecond">Output tokens after the first over decode time; 0 where there was but one, and where a remote model's words came all at once.</param>
public sealed record TurnTimings(
    double RetrievalMs, double QueueMs, double PrefillMs, double DecodeMs, double FirstTokenMs, double TotalMs, double TokensPerSecond)
{
    /// <summary>True where a token came at all.</summary>
    [JsonIgnore]
    public bool HasFirstToken => FirstTokenMs < TotalMs;

    /// <summary>Where the time of the search went; null where nothing was searched.</summary>
    public SearchTimings? Search { get; init; }

    /// <summary>Writing the conversation with the model's template, a part of <see cref="QueueMs"/>; null where the model does not say.</summary>
    public double? TemplateMs { get; init; }

    /// <summary>Splitting that text into tokens, a part of <see cref="QueueMs"/>; null where the model does not say.</summary>
    public double? TokenizeMs { get; init; }

    /// <summary>Holding the answer to a grammar, a part of <see cref="DecodeMs"/>; null where it was not held to one.</summary>
    public double? MaskMs { get; init; }

    /// <summary>Answers that a decode step computed together, on average; null where the model does not say.</summary>
    public double? MeanRows { get; init; }

    /// <summary>Waiting for results of tools, without people's thinking; null where none was called.</summary>
    public double? ToolMs { get; init; }

    /// <summary>Tying the answer's sentences to passages, after <see cref="TotalMs"/>; null where there were none.</summary>
    public double? EvidenceMs { get; init; }
}

/// <summary>Runs turns.</summary>
public interface IAgentRunner
{
    /// <summary>
    /// Streams a turn. Cancelling stops the model within a token and ends the stream with <see cref="OperationCanceledException"/>, after
    /// <see cref="AgentEvent.Stopped"/> where there were words.
    /// </summary>
    IAsyncEnumerable<AgentEvent> RunAsync(AgentTurn turn, CancellationToken cancellationToken);
}
