using System.Text.Json;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>
/// The body of <c>POST /v1/chat/completions</c>, as sent. Fields of more than one form stay JSON until <see cref="ChatRequestReader"/>
/// has looked at them.
/// </summary>
internal sealed record ChatCompletionRequest
{
    public string? Model { get; init; }

    public List<WireMessage?>? Messages { get; init; }

    public bool? Stream { get; init; }

    public WireStreamOptions? StreamOptions { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public int? MaxTokens { get; init; }

    public int? MaxCompletionTokens { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Stop { get; init; }

    public long? Seed { get; init; }

    /// <summary>Mistral's name of <see cref="Seed"/>.</summary>
    public long? RandomSeed { get; init; }

    public float? FrequencyPenalty { get; init; }

    public float? PresencePenalty { get; init; }

    public float? RepetitionPenalty { get; init; }

    public bool? IgnoreEos { get; init; }

    public int? N { get; init; }

    public JsonElement? ResponseFormat { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }

    public JsonElement? Functions { get; init; }

    /// <summary>A boolean here; a number in the older completions dialect.</summary>
    public JsonElement? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public JsonElement? LogitBias { get; init; }
}

/// <summary>A message as sent.</summary>
internal sealed record WireMessage
{
    public string? Role { get; init; }

    /// <summary>A string, null, or an array of parts.</summary>
    public JsonElement? Content { get; init; }

    public JsonElement? ToolCalls { get; init; }
}

/// <summary>What a stream carries besides text.</summary>
internal sealed record WireStreamOptions
{
    public bool? IncludeUsage { get; init; }
}
