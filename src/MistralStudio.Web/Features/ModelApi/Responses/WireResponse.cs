using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>The answer: <c>response</c>. What the dialect always has is there, null or not.</summary>
internal sealed record WireResponse
{
    public required string Id { get; init; }

    public string Object => "response";

    public required long CreatedAt { get; init; }

    /// <summary><c>in_progress</c>, <c>completed</c>, <c>incomplete</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public WireFailure? Error { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public WireIncomplete? IncompleteDetails { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Instructions { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? MaxOutputTokens { get; init; }

    public required string Model { get; init; }

    /// <summary>As it was sent.</summary>
    public JsonElement? Prompt { get; init; }

    public IReadOnlyList<WireItem> Output { get; init; } = [];

    public bool ParallelToolCalls { get; init; } = true;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? PreviousResponseId => null;

    /// <summary>Nothing is stored.</summary>
    public bool Store => false;

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public float? Temperature { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public float? TopP { get; init; }

    public required JsonElement Text { get; init; }

    public required JsonElement ToolChoice { get; init; }

    public required JsonElement Tools { get; init; }

    public string Truncation => "disabled";

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public WireResponseUsage? Usage { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Why it failed.</summary>
    internal sealed record WireFailure(string Code, string Message);

    /// <summary>Why it is not whole.</summary>
    internal sealed record WireIncomplete(string Reason);
}

/// <summary>A part of an answer: a <c>message</c> or a <c>function_call</c>.</summary>
internal sealed record WireItem
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    /// <summary><c>in_progress</c>, <c>completed</c> or <c>incomplete</c>.</summary>
    public required string Status { get; init; }

    public string? Role { get; init; }

    public IReadOnlyList<WirePart>? Content { get; init; }

    public string? CallId { get; init; }

    public string? Name { get; init; }

    /// <summary>JSON text.</summary>
    public string? Arguments { get; init; }
}

/// <summary>Text of a message: <c>output_text</c>.</summary>
internal sealed record WirePart(string Text, IReadOnlyList<WireLogprobs.Token>? Logprobs)
{
    public string Type => "output_text";

    public IReadOnlyList<object> Annotations => [];
}

/// <summary>Tokens of a response.</summary>
internal sealed record WireResponseUsage(
    int InputTokens, WirePromptTokens InputTokensDetails, int OutputTokens, WireCompletionTokens OutputTokensDetails, int TotalTokens)
{
    public static WireResponseUsage From(WireUsage usage) =>
        new(usage.PromptTokens, usage.PromptTokensDetails, usage.CompletionTokens, usage.CompletionTokensDetails, usage.TotalTokens);
}
