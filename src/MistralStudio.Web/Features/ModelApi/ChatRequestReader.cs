using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>A chat request in the product's own terms.</summary>
internal sealed record ChatRequest(ModelReference Model, IReadOnlyList<ChatMessage> Messages, ChatOptions Options);

/// <summary>Checks a request and translates it; what cannot be honoured is refused by name, never silently left out.</summary>
internal static class ChatRequestReader
{
    private const int MostTopLogprobs = 20;

    /// <summary>Reads a request; exactly one of the two results is present.</summary>
    public static (ChatRequest? Request, ApiError? Error) Read(ChatCompletionRequest body)
    {
        if (ReadModel(body.Model, out var model) is { } unknown)
        {
            return (null, unknown);
        }

        var sampling = new SamplingFields(body.Temperature, body.TopP, body.FrequencyPenalty, body.PresencePenalty, body.Seed ?? body.RandomSeed)
        {
            TopK = body.TopK,
            MinP = body.MinP,
            TypicalP = body.TypicalP,
            RepetitionPenalty = body.RepetitionPenalty,
            IgnoreEos = body.IgnoreEos,
            Stop = body.Stop,
            N = body.N,
            LogitBias = body.LogitBias,
        };
        var options = new ChatOptions { MaxOutputTokens = body.MaxCompletionTokens ?? body.MaxTokens };
        var wrong = SamplingFields.OutOf("max_tokens", body.MaxTokens, 1, int.MaxValue)
            ?? SamplingFields.OutOf("max_completion_tokens", body.MaxCompletionTokens, 1, int.MaxValue)
            ?? sampling.WriteTo(options)
            ?? ReadLogprobs(body, options)
            ?? ToolFields.Read(body.Tools, body.ToolChoice, body.ParallelToolCalls, options)
            ?? FormatFields.Read(body, options)
            ?? ReadVariables(body, model!, options)
            ?? FindUnsupported(body);
        if (wrong is not null)
        {
            return (null, wrong);
        }

        // A saved prompt brings its own messages; the caller need not add any.
        List<ChatMessage> messages = [];
        if (!(model!.Kind == ModelReferenceKind.Prompt && body.Messages is null or { Count: 0 }) && MessageFields.Read(body.Messages, out messages) is { } wrongMessage)
        {
            return (null, wrongMessage);
        }

        options.ChatTemplateKwargs = body.ChatTemplateKwargs?.ToDictionary(variable => variable.Key, variable => (object?)variable.Value, StringComparer.Ordinal);
        return (new(model, messages, options), null);
    }

    /// <summary>Reads a model reference.</summary>
    public static ApiError? ReadModel(string? text, out ModelReference? model)
    {
        model = null;
        if (string.IsNullOrEmpty(text))
        {
            return ApiError.Invalid("model", "Name a model; GET /v1/models lists them.");
        }

        return ModelReference.TryParse(text, out model)
            ? null
            : ApiError.Invalid("model", $"\"{text}\" is not a model reference; GET /v1/models lists what may be named.");
    }

    /// <summary>Refuses what the model that was found would pass over in silence.</summary>
    public static ApiError? FindBeyond(ChatOptions options, ChatAbilities abilities, string model)
    {
        return options switch
        {
            { Tools.Count: > 0 } when !abilities.Tools => Refuse("tools", "call tools"),
            { ResponseFormat: ChatResponseFormatJson } when !abilities.JsonFormat => Refuse("response_format", "be held to a format"),
            { Regex: not null } when !abilities.Grammars => Refuse("guided_regex", "be held to a regular expression"),
            { Choices: not null } when !abilities.Grammars => Refuse("guided_choice", "be held to choices"),
            { N: > 1 } when !abilities.Choices => Refuse("n", "give several answers at once"),
            { TopLogprobs: not null } when !abilities.Logprobs => Refuse("logprobs", "tell log-probabilities"),
            { LogitBias: not null } when !abilities.LogitBias => Refuse("logit_bias", "take a bias"),
            _ => null,
        };

        ApiError Refuse(string param, string what) =>
            ApiError.Unsupported(param, $"\"{model}\" cannot {what}. Send the request without {param}, or to another model.");
    }

    private static ApiError? ReadLogprobs(ChatCompletionRequest body, ChatOptions options)
    {
        var wanted = body.Logprobs is { ValueKind: JsonValueKind.True };
        if (body.Logprobs is { ValueKind: not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null or JsonValueKind.Undefined) })
        {
            return ApiError.Invalid("logprobs", "logprobs is true or false here; top_logprobs is the number.");
        }

        if (body.TopLogprobs is { } top && (top < 0 || top > MostTopLogprobs || (top > 0 && !wanted)))
        {
            return ApiError.Invalid("top_logprobs", string.Create(CultureInfo.InvariantCulture, $"top_logprobs may be 0 to {MostTopLogprobs}, together with logprobs."));
        }

        if (wanted)
        {
            options.TopLogprobs = body.TopLogprobs ?? 0;
        }

        return null;
    }

    private static ApiError? ReadVariables(ChatCompletionRequest body, ModelReference model, ChatOptions options) => PromptFields.ReadVariables(
        PromptFields.IsThere(body.PromptVariables) ? body.PromptVariables : model.Kind is ModelReferenceKind.Prompt or ModelReferenceKind.App ? body.Variables : null, model, options);

    private static ApiError? FindUnsupported(ChatCompletionRequest body)
    {
        if (body.Functions is { ValueKind: JsonValueKind.Array } functions && functions.GetArrayLength() > 0)
        {
            return ApiError.Unsupported("functions", "functions is the older name. Send them as tools.");
        }

        return body.GuidedGrammar is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) }
            ? ApiError.Unsupported("guided_grammar", "Grammars are not supported. Use response_format, guided_regex or guided_choice.")
            : null;
    }
}
