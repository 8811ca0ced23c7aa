using System.Text.Json;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>The body of <c>POST /v1/responses</c>, as sent.</summary>
internal sealed record ResponsesRequest
{
    public string? Model { get; init; }

    /// <summary>A string, or an array of items: messages, calls of functions and their outputs. A saved prompt needs none.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>The system message of this turn.</summary>
    public string? Instructions { get; init; }

    public bool? Stream { get; init; }

    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? MaxOutputTokens { get; init; }

    public JsonElement? Tools { get; init; }

    public JsonElement? ToolChoice { get; init; }

    public bool? ParallelToolCalls { get; init; }

    /// <summary><c>{"format": {"type": "text" | "json_object" | "json_schema", ...}}</c>.</summary>
    public JsonElement? Text { get; init; }

    /// <summary>Log-probabilities beside each token, with <c>message.output_text.logprobs</c> in <see cref="Include"/>.</summary>
    public int? TopLogprobs { get; init; }

    public IReadOnlyList<string>? Include { get; init; }

    /// <summary>Given back as sent.</summary>
    public Dictionary<string, string>? Metadata { get; init; }

    /// <summary>Nothing is stored, whatever is asked; the answer says so.</summary>
    public bool? Store { get; init; }

    /// <summary>Refused: nothing is stored to go on from.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>Refused: nothing is stored to go on from.</summary>
    public JsonElement? Conversation { get; init; }

    /// <summary>Refused where true.</summary>
    public bool? Background { get; init; }

    /// <summary>A saved prompt in the place of <see cref="Model"/>; see <see cref="PromptFields"/>.</summary>
    public JsonElement? Prompt { get; init; }

    /// <summary>Values of a saved prompt's variables where it is named as the model, <c>prompt:slug</c>.</summary>
    public JsonElement? PromptVariables { get; init; }

    /// <summary><c>disabled</c>; <c>auto</c> is refused.</summary>
    public string? Truncation { get; init; }
}
