using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>A whole answer: <c>chat.completion</c>.</summary>
internal sealed record ChatCompletion(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatCompletion.Choice> Choices, WireUsage Usage)
{
    /// <summary>The one answer.</summary>
    internal sealed record Choice(int Index, WireAnswer Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] object? Logprobs, string FinishReason);

    /// <summary>The message of an answer.</summary>
    internal sealed record WireAnswer(string Role, string Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Refusal = null);
}

/// <summary>One event of a stream: <c>chat.completion.chunk</c>.</summary>
internal sealed record ChatCompletionChunk(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<ChatCompletionChunk.Choice> Choices, WireUsage? Usage = null)
{
    /// <summary>The one answer's next piece; <c>finish_reason</c> is null but on the last.</summary>
    internal sealed record Choice(
        int Index,
        WireDelta Delta,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] object? Logprobs,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

    /// <summary>What is new.</summary>
    internal sealed record WireDelta(string? Role = null, string? Content = null);
}

/// <summary>Tokens of a request.</summary>
internal sealed record WireUsage(int PromptTokens, int CompletionTokens, int TotalTokens, WirePromptTokens PromptTokensDetails)
{
    /// <summary>Zero before the model has said anything.</summary>
    public static WireUsage None { get; } = new(0, 0, 0, new(0));

    /// <summary>Translates what a client counted.</summary>
    public static WireUsage From(UsageDetails usage)
    {
        var input = (int)(usage.InputTokenCount ?? 0);
        var output = (int)(usage.OutputTokenCount ?? 0);
        return new(input, output, input + output, new((int)(usage.CachedInputTokenCount ?? 0)));
    }
}

/// <summary>Tokens of the prompt whose state was reused.</summary>
internal sealed record WirePromptTokens(int CachedTokens);
