using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>A whole answer: <c>chat.completion</c>.</summary>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatCompletion.Choice> Choices, WireUsage Usage, WireTimings? Timings = null)
{
    /// <summary>One of the answers.</summary>
    internal sealed record Choice(
        int Index, WireAnswer Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] WireLogprobs? Logprobs, string FinishReason);

    /// <summary>The message of an answer; no content where it is calls of tools alone.</summary>
    internal sealed record WireAnswer(
        string Role,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
        IReadOnlyList<WireToolCall>? ToolCalls = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Refusal = null);
}

/// <summary>One event of a stream: <c>chat.completion.chunk</c>.</summary>
internal sealed record ChatCompletionChunk(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatCompletionChunk.Choice> Choices, WireUsage? Usage = null, WireTimings? Timings = null)
{
    /// <summary>An answer's next piece; <c>finish_reason</c> is null but on the last.</summary>
    internal sealed record Choice(
        int Index,
        WireDelta Delta,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] WireLogprobs? Logprobs = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason = null);

    /// <summary>What is new.</summary>
    internal sealed record WireDelta(string? Role = null, string? Content = null, IReadOnlyList<WireToolCall>? ToolCalls = null);
}

/// <summary>A call of a tool, or in a stream its next piece: id, type and name come with the first.</summary>
internal sealed record WireToolCall(int? Index, string? Id, string? Type, WireToolCall.Called Function)
{
    /// <param name="Arguments">JSON text.</param>
    internal sealed record Called(string? Name, string Arguments);

    /// <summary>A whole call.</summary>
    public static WireToolCall Whole(int? index, FunctionCallContent call) => new(index, call.CallId, "function", new(call.Name, Arguments(call)));

    /// <summary>The arguments as the model wrote them, where they are known so.</summary>
    public static string Arguments(FunctionCallContent call) =>
        call.RawRepresentation as string ?? System.Text.Json.JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), ModelApiJson.Values);
}

/// <summary>Tokens of a request.</summary>
internal sealed record WireUsage(int PromptTokens, int CompletionTokens, int TotalTokens, WirePromptTokens PromptTokensDetails, WireCompletionTokens CompletionTokensDetails)
{
    /// <summary>Zero before the model has said anything.</summary>
    public static WireUsage None { get; } = new(0, 0, 0, new(0), new(0));

    /// <summary>Translates what a client counted.</summary>
    public static WireUsage From(UsageDetails usage)
    {
        var input = (int)(usage.InputTokenCount ?? 0);
        var output = (int)(usage.OutputTokenCount ?? 0);
        return new(input, output, input + output, new((int)(usage.CachedInputTokenCount ?? 0)), new((int)(usage.ReasoningTokenCount ?? 0)));
    }

    /// <summary>Of several prompts together.</summary>
    public static WireUsage operator +(WireUsage a, WireUsage b) => new(
        a.PromptTokens + b.PromptTokens,
        a.CompletionTokens + b.CompletionTokens,
        a.TotalTokens + b.TotalTokens,
        new(a.PromptTokensDetails.CachedTokens + b.PromptTokensDetails.CachedTokens),
        new(a.CompletionTokensDetails.ReasoningTokens + b.CompletionTokensDetails.ReasoningTokens));
}

/// <summary>Tokens of the prompt whose state was reused.</summary>
internal sealed record WirePromptTokens(int CachedTokens);

/// <summary>Tokens of the answer that were thought, not said.</summary>
internal sealed record WireCompletionTokens(int ReasoningTokens);

/// <summary>Where the time went, ms; beyond the dialects, with the usage of a model of this machine.</summary>
/// <param name="QueueMs">Until its prefill began: waiting, loading, template, tokenising.</param>
/// <param name="PrefillMs">Reading the prompt.</param>
/// <param name="DecodeMs">From the first token to the last.</param>
internal sealed record WireTimings(double QueueMs, double PrefillMs, double DecodeMs)
{
    /// <summary>Null where nothing is known.</summary>
    public static WireTimings? From(GenerationTimings? timings) => timings is null ? null : new(timings.QueueMs, timings.PrefillMs, timings.DecodeMs);
}
