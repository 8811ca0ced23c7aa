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

    public float? TypicalP { get; init; }

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

    /// <summary><c>{"type": "text" | "json_object" | "json_schema", "json_schema": {"schema": {...}}}</c>.</summary>
    public JsonElement? ResponseFormat { get; init; }

    /// <summary>vLLM's name of a schema for the answer.</summary>
    public JsonElement? GuidedJson { get; init; }

    /// <summary>vLLM's name of a regular expression for the answer.</summary>
    public string? GuidedRegex { get; init; }

    /// <summary>vLLM's name of the texts of which the answer is one.</summary>
    public IReadOnlyList<string>? GuidedChoice { get; init; }

    /// <summary>vLLM's grammar notation, refused by name.</summary>
    public JsonElement? GuidedGrammar { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }

    public bool? ParallelToolCalls { get; init; }

    /// <summary>The older name of tools, refused.</summary>
    public JsonElement? Functions { get; init; }

    /// <summary>A boolean here; a number in the older completions dialect.</summary>
    public JsonElement? Logprobs { get; init; }

    public int? TopLogprobs { get; init; }

    public Dictionary<string, float>? LogitBias { get; init; }

    /// <summary>Variables for the model's chat template, as vLLM takes them.</summary>
    public Dictionary<string, JsonElement>? ChatTemplateKwargs { get; init; }

    /// <summary>Values of the variables of a saved prompt that is asked as the model: <c>{"name": value}</c>; texts as they are, everything else as its JSON.</summary>
    public JsonElement? PromptVariables { get; init; }

    /// <summary>The shorter name of <see cref="PromptVariables"/>; looked at where the model is a saved prompt.</summary>
    public JsonElement? Variables { get; init; }

    /// <summary>Mistral's safety prompt; only its clients send it.</summary>
    public bool? SafePrompt { get; init; }
}

/// <summary>A message as sent.</summary>
internal sealed record WireMessage
{
    public string? Role { get; init; }

    /// <summary>A string, null, or an array of parts.</summary>
    public JsonElement? Content { get; init; }

    public List<WireCall?>? ToolCalls { get; init; }

    /// <summary>Which call a message of the role <c>tool</c> answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Mistral: the answer goes on from this message; refused.</summary>
    public bool? Prefix { get; init; }
}

/// <summary>A call of a tool as sent.</summary>
internal sealed record WireCall
{
    public string? Id { get; init; }

    public string? Type { get; init; }

    public WireFunctionCall? Function { get; init; }
}

/// <summary>The tool and its arguments.</summary>
internal sealed record WireFunctionCall
{
    public string? Name { get; init; }

    /// <summary>JSON text, or (Mistral) the object itself.</summary>
    public JsonElement? Arguments { get; init; }
}

/// <summary>What a stream carries besides text.</summary>
internal sealed record WireStreamOptions
{
    public bool? IncludeUsage { get; init; }
}
