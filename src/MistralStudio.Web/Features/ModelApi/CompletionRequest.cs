using System.Text.Json;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The body of <c>POST /v1/completions</c>, as sent.</summary>
internal record CompletionRequest
{
    public string? Model { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Prompt { get; init; }

    /// <summary>What stands behind the answer, for models that fill in the middle.</summary>
    public string? Suffix { get; init; }

    /// <summary>True to get the prompt back before the answer.</summary>
    public bool? Echo { get; init; }

    /// <summary>
    /// Beyond the dialect: true where control tokens that the prompt spells out are meant as such. Leave it out where any of the prompt is other
    /// people's text.
    /// </summary>
    public bool? ParseSpecial { get; init; }

    public bool? Stream { get; init; }

    public WireStreamOptions? StreamOptions { get; init; }

    /// <summary>Tokens of an answer; 16 where absent, as in OpenAI's API.</summary>
    public int? MaxTokens { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public float? TypicalP { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Stop { get; init; }

    public long? Seed { get; init; }

    public float? FrequencyPenalty { get; init; }

    public float? PresencePenalty { get; init; }

    public float? RepetitionPenalty { get; init; }

    public bool? IgnoreEos { get; init; }

    public int? N { get; init; }

    /// <summary>Refused unless it is <see cref="N"/>: answers are not compared.</summary>
    public int? BestOf { get; init; }

    /// <summary>How many of the likeliest tokens are told with each.</summary>
    public int? Logprobs { get; init; }

    public Dictionary<string, float>? LogitBias { get; init; }

    public string? GuidedRegex { get; init; }

    public IReadOnlyList<string>? GuidedChoice { get; init; }
}

/// <summary>The body of <c>POST /v1/fim/completions</c>, Mistral's dialect, as sent.</summary>
internal sealed record FimRequest
{
    public string? Model { get; init; }

    public string? Prompt { get; init; }

    public string? Suffix { get; init; }

    public bool? Stream { get; init; }

    public int? MaxTokens { get; init; }

    /// <summary>Refused: an answer ends where the model ends it.</summary>
    public int? MinTokens { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Stop { get; init; }

    public long? RandomSeed { get; init; }
}

/// <summary>An answer, or in a stream its next piece: <c>text_completion</c>.</summary>
internal sealed record TextCompletion(
    string Id, string Object, long Created, string Model, string SystemFingerprint, IReadOnlyList<TextCompletion.Choice> Choices, WireUsage? Usage = null)
{
    /// <summary>One of the answers; those of the first prompt come first.</summary>
    internal sealed record Choice(
        string Text,
        int Index,
        [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)] WireTextLogprobs? Logprobs,
        [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)] string? FinishReason);
}

/// <summary>Log-probabilities in the completions dialect: one entry a token in each list.</summary>
/// <param name="TextOffset">Where the token begins in the answer, UTF-16 units.</param>
internal sealed record WireTextLogprobs(
    IReadOnlyList<string> Tokens, IReadOnlyList<float> TokenLogprobs, IReadOnlyList<Dictionary<string, float>> TopLogprobs, IReadOnlyList<int> TextOffset);
