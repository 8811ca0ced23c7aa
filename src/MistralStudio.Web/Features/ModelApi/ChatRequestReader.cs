using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>A chat request in the product's own terms.</summary>
internal sealed record ChatRequest(ModelReference Model, IReadOnlyList<ChatMessage> Messages, ChatOptions Options);

/// <summary>Checks a request and translates it; what cannot be honoured is refused by name, never silently left out.</summary>
internal static class ChatRequestReader
{
    /// <summary>Reads a request; exactly one of the two results is present.</summary>
    public static (ChatRequest? Request, ApiError? Error) Read(ChatCompletionRequest body)
    {
        if (string.IsNullOrEmpty(body.Model))
        {
            return (null, ApiError.Invalid("model", "Name a model; GET /v1/models lists them."));
        }

        if (!ModelReference.TryParse(body.Model, out var model))
        {
            return (null, ApiError.Invalid("model", $"\"{body.Model}\" is not a model reference; GET /v1/models lists what may be named."));
        }

        if ((FindUnsupported(body) ?? FindOutOfRange(body)) is { } refused)
        {
            return (null, refused);
        }

        if (ReadMessages(body.Messages, out var messages) is { } wrong)
        {
            return (null, wrong);
        }

        if (ReadStop(body.Stop, out var stop) is { } wrongStop)
        {
            return (null, wrongStop);
        }

        var options = new ChatOptions
        {
            Temperature = body.Temperature,
            TopP = body.TopP,
            TopK = body.TopK,
            MaxOutputTokens = body.MaxCompletionTokens ?? body.MaxTokens,
            Seed = body.Seed ?? body.RandomSeed,
            FrequencyPenalty = body.FrequencyPenalty,
            PresencePenalty = body.PresencePenalty,
            StopSequences = stop,
        };
        Add(options, "min_p", body.MinP);
        Add(options, "repetition_penalty", body.RepetitionPenalty);
        Add(options, "ignore_eos", body.IgnoreEos);
        return (new(model, messages, options), null);
    }

    private static void Add<T>(ChatOptions options, string key, T? value)
        where T : struct
    {
        if (value is { } present)
        {
            (options.AdditionalProperties ??= [])[key] = present;
        }
    }

    private static ApiError? FindUnsupported(ChatCompletionRequest body)
    {
        if (HasItems(body.Tools) || HasItems(body.Functions) || body.ToolChoice is { ValueKind: JsonValueKind.Object })
        {
            return ApiError.Unsupported("tools", "Tools are not supported yet. Send the request without them.");
        }

        if (body.N is not (null or 1))
        {
            return ApiError.Unsupported("n", "One answer a request: n must be 1. Send the request several times for several answers.");
        }

        if (body.Logprobs is { ValueKind: not (JsonValueKind.False or JsonValueKind.Null or JsonValueKind.Undefined) } || body.TopLogprobs is > 0)
        {
            return ApiError.Unsupported("logprobs", "Log-probabilities are not supported yet. Send the request without logprobs.");
        }

        if (body.LogitBias is { ValueKind: JsonValueKind.Object } bias && bias.EnumerateObject().Any())
        {
            return ApiError.Unsupported("logit_bias", "logit_bias is not supported yet. Send the request without it.");
        }

        var format = body.ResponseFormat is { ValueKind: JsonValueKind.Object } f && f.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : "text";
        return format == "text"
            ? null
            : ApiError.Unsupported("response_format", $"response_format \"{format}\" is not supported yet; only \"text\" is.");
    }

    private static bool HasItems(JsonElement? element) => element is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0;

    private static ApiError? FindOutOfRange(ChatCompletionRequest body) =>
        OutOf("temperature", body.Temperature, 0, 2)
        ?? OutOf("top_p", body.TopP, 0, 1)
        ?? OutOf("min_p", body.MinP, 0, 1)
        ?? OutOf("frequency_penalty", body.FrequencyPenalty, -2, 2)
        ?? OutOf("presence_penalty", body.PresencePenalty, -2, 2)
        ?? OutOf("repetition_penalty", body.RepetitionPenalty, 0.01f, 10)
        ?? OutOf("top_k", body.TopK, -1, 1_000_000)
        ?? OutOf("max_tokens", body.MaxTokens, 1, int.MaxValue)
        ?? OutOf("max_completion_tokens", body.MaxCompletionTokens, 1, int.MaxValue);

    private static ApiError? OutOf(string param, float? value, float least, float most) => value is { } v && !(v >= least && v <= most)
        ? ApiError.Invalid(param, FormattableString.Invariant($"{param} is {v}; it may be {least} to {most}."))
        : null;

    private static ApiError? OutOf(string param, int? value, int least, int most) => value is { } v && (v < least || v > most)
        ? ApiError.Invalid(param, FormattableString.Invariant($"{param} is {v}; it may be {least} or more."))
        : null;

    private static ApiError? ReadMessages(List<WireMessage?>? wire, out List<ChatMessage> messages)
    {
        messages = [];
        if (wire is null or { Count: 0 })
        {
            return ApiError.Invalid("messages", "Send at least one message.");
        }

        for (var i = 0; i < wire.Count; i++)
        {
            if (wire[i] is null)
            {
                return ApiError.Invalid($"messages[{i}]", "A message is an object with role and content.");
            }

            var role = wire[i]!.Role switch
            {
                "system" or "developer" => ChatRole.System,
                "user" => ChatRole.User,
                "assistant" => ChatRole.Assistant,
                _ => (ChatRole?)null,
            };
            if (role is null)
            {
                return wire[i]!.Role is "tool" or "function"
                    ? ApiError.Unsupported($"messages[{i}].role", "Tool messages are not supported yet.")
                    : ApiError.Invalid($"messages[{i}].role", $"\"{wire[i]!.Role}\" is no role; it may be system, developer, user or assistant.");
            }

            if (HasItems(wire[i]!.ToolCalls))
            {
                return ApiError.Unsupported($"messages[{i}].tool_calls", "Tool calls are not supported yet.");
            }

            if (ReadContent(wire[i]!.Content, $"messages[{i}].content", out var text) is { } wrong)
            {
                return wrong;
            }

            messages.Add(new(role.Value, text));
        }

        return messages[^1].Role == ChatRole.User && string.IsNullOrWhiteSpace(messages[^1].Text) ? ApiError.From(ModelErrors.EmptyPrompt()) : null;
    }

    private static ApiError? ReadContent(JsonElement? content, string param, out string text)
    {
        text = "";
        switch (content?.ValueKind)
        {
            case null or JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.String:
                text = content.Value.GetString()!;
                return null;
            case JsonValueKind.Array:
                var joined = new StringBuilder();
                foreach (var part in content.Value.EnumerateArray())
                {
                    var isText = part.ValueKind == JsonValueKind.Object
                        && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("text")
                        && part.TryGetProperty("text", out var value) && value.ValueKind == JsonValueKind.String;
                    if (!isText)
                    {
                        return ApiError.Unsupported(param, "Only text parts are supported: {\"type\":\"text\",\"text\":\"...\"}.");
                    }

                    joined.Append(part.GetProperty("text").GetString());
                }

                text = joined.ToString();
                return null;
            default:
                return ApiError.Invalid(param, "content is a string or an array of text parts.");
        }
    }

    private static ApiError? ReadStop(JsonElement? stop, out List<string>? sequences)
    {
        sequences = null;
        switch (stop?.ValueKind)
        {
            case null or JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.String:
                sequences = [stop.Value.GetString()!];
                break;
            case JsonValueKind.Array when stop.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                sequences = [.. stop.Value.EnumerateArray().Select(item => item.GetString()!)];
                break;
            default:
                return ApiError.Invalid("stop", "stop is a string or an array of strings.");
        }

        sequences.RemoveAll(string.IsNullOrEmpty);
        return sequences.Count > 16 ? ApiError.Invalid("stop", $"stop has {sequences.Count} strings; it may have up to 16.") : null;
    }
}
