using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>Checks a request of the Responses dialect and translates it; what cannot be honoured is refused by name.</summary>
internal static class ResponsesReader
{
    private const int MostTopLogprobs = 20;
    private const string LogprobsInclude = "message.output_text.logprobs";

    /// <summary>Reads a request; exactly one of the two results is present.</summary>
    public static (ChatRequest? Request, ApiError? Error) Read(ResponsesRequest body)
    {
        JsonElement? variables = null;
        var unknown = PromptFields.IsThere(body.Prompt)
            ? PromptFields.Read(body.Prompt!.Value, body.Model, out var model, out variables)
            : ChatRequestReader.ReadModel(body.Model, out model);
        if (unknown is not null)
        {
            return (null, unknown);
        }

        var options = new ChatOptions { MaxOutputTokens = body.MaxOutputTokens };
        var wrong = FindUnsupported(body)
            ?? SamplingFields.OutOf("max_output_tokens", body.MaxOutputTokens, 1, int.MaxValue)
            ?? SamplingFields.OutOf("top_logprobs", body.TopLogprobs, 0, MostTopLogprobs)
            ?? new SamplingFields(body.Temperature, body.TopP, null, null, null).WriteTo(options)
            ?? ToolFields.Read(body.Tools, body.ToolChoice, body.ParallelToolCalls, options, flat: true)
            ?? ReadFormat(body.Text, options)
            ?? PromptFields.ReadVariables(variables ?? body.PromptVariables, model!, options);
        if (wrong is not null)
        {
            return (null, wrong);
        }

        options.TopLogprobs = body.Include?.Contains(LogprobsInclude) == true ? body.TopLogprobs ?? 0 : null;
        var messages = new List<ChatMessage>();
        if (!string.IsNullOrEmpty(body.Instructions))
        {
            messages.Add(new(ChatRole.System, body.Instructions));
        }

        // A saved prompt brings its own messages; the caller need not add any.
        if (model!.Kind == ModelReferenceKind.Prompt && !PromptFields.IsThere(body.Input))
        {
            return (new(model, messages, options), null);
        }

        return ReadInput(body.Input, messages) is { } wrongInput ? (null, wrongInput) : (new(model, messages, options), null);
    }

    private static ApiError? FindUnsupported(ResponsesRequest body)
    {
        const string stateless = "Nothing is stored here. Send the whole conversation as input items.";
        return body switch
        {
            { PreviousResponseId: not null } => ApiError.Unsupported("previous_response_id", $"previous_response_id is not supported. {stateless}"),
            { Conversation: { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } } => ApiError.Unsupported("conversation", $"conversation is not supported. {stateless}"),
            { Background: true } => ApiError.Unsupported("background", "background is not supported. Stream the answer, or wait for it."),
            { Truncation: not (null or "disabled") } => ApiError.Unsupported("truncation", "truncation is not supported. Shorten the input."),
            _ when body.Include?.FirstOrDefault(name => name != LogprobsInclude) is { } other && !other.StartsWith("reasoning.", StringComparison.Ordinal) =>
                ApiError.Unsupported("include", $"\"{other}\" cannot be included; {LogprobsInclude} can."),
            _ => null,
        };
    }

    private static ApiError? ReadFormat(JsonElement? text, ChatOptions options) =>
        text is { ValueKind: JsonValueKind.Object } given && given.TryGetProperty("format", out var format)
            ? FormatFields.ReadFormat(format, "text.format", inner: null, options)
            : null;

    private static ApiError? ReadInput(JsonElement? input, List<ChatMessage> messages)
    {
        switch (input?.ValueKind)
        {
            case JsonValueKind.String:
                messages.Add(new(ChatRole.User, input.Value.GetString()));
                break;
            case JsonValueKind.Array when input.Value.GetArrayLength() > 0:
                var place = 0;
                foreach (var item in input.Value.EnumerateArray())
                {
                    if (ReadItem(item, $"input[{place++}]", messages) is { } wrong)
                    {
                        return wrong;
                    }
                }

                break;
            default:
                return ApiError.Invalid("input", "input is a string or an array of items.");
        }

        return ContentParts.IsEmpty(messages[^1]) ? ApiError.From(ModelErrors.EmptyPrompt()) : null;
    }

    private static ApiError? ReadItem(JsonElement item, string param, List<ChatMessage> messages)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            return ApiError.Invalid(param, "An item is an object.");
        }

        switch (Text(item, "type") ?? "message")
        {
            case "message":
                return ReadMessage(item, param, messages);
            case "function_call":
                if (Text(item, "call_id") is not { Length: > 0 } id || Text(item, "name") is not { Length: > 0 } name)
                {
                    return ApiError.Invalid(param, "A function_call has a call_id, a name and arguments.");
                }

                if (MessageFields.ReadCall(id, name, Find(item, "arguments"), $"{param}.arguments", out var call) is { } wrong)
                {
                    return wrong;
                }

                // Calls that stand together are one message, as a model made them.
                if (messages.Count > 0 && messages[^1].Role == ChatRole.Assistant)
                {
                    messages[^1].Contents.Add(call!);
                }
                else
                {
                    messages.Add(new(ChatRole.Assistant, [call!]));
                }

                return null;
            case "function_call_output":
                if (Text(item, "call_id") is not { Length: > 0 } answered)
                {
                    return ApiError.Invalid(param, "A function_call_output names its call_id.");
                }

                if (ContentParts.Read(Find(item, "output"), $"{param}.output", images: null, out var output) is { } wrongOutput)
                {
                    return wrongOutput;
                }

                messages.Add(new(ChatRole.Tool, [new FunctionResultContent(answered, output)]));
                return null;
            case "reasoning":
                // What a model thought on the way is not shown to it again.
                return null;
            case var other:
                return ApiError.Unsupported($"{param}.type", $"Items of type \"{other}\" are not supported; message, function_call and function_call_output are.");
        }
    }

    private static ApiError? ReadMessage(JsonElement item, string param, List<ChatMessage> messages)
    {
        var role = Text(item, "role") switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            _ => (ChatRole?)null,
        };
        if (role is null)
        {
            return ApiError.Invalid($"{param}.role", "A message has the role system, developer, user or assistant.");
        }

        List<AIContent>? images = role == ChatRole.User ? [] : null;
        if (ContentParts.Read(Find(item, "content"), $"{param}.content", images, out var text) is { } wrong)
        {
            return wrong;
        }

        messages.Add(ContentParts.ToMessage(role.Value, text, images));
        return null;
    }

    private static JsonElement? Find(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
