using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The messages of a body: texts, images, calls of tools and their results.</summary>
internal static class MessageFields
{
    /// <summary>Reads the messages; returns what is wrong with the first that is.</summary>
    public static ApiError? Read(List<WireMessage?>? wire, out List<ChatMessage> messages)
    {
        messages = [];
        if (wire is null or { Count: 0 })
        {
            return ApiError.Invalid("messages", "Send at least one message.");
        }

        for (var i = 0; i < wire.Count; i++)
        {
            var (message, wrong) = Read(wire[i], $"messages[{i}]");
            if (message is null)
            {
                return wrong;
            }

            messages.Add(message);
        }

        return ContentParts.IsEmpty(messages[^1]) ? ApiError.From(ModelErrors.EmptyPrompt()) : null;
    }

    private static (ChatMessage? Message, ApiError? Error) Read(WireMessage? wire, string param)
    {
        if (wire is null)
        {
            return (null, ApiError.Invalid(param, "A message is an object with role and content."));
        }

        var role = wire.Role switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "tool" => ChatRole.Tool,
            _ => (ChatRole?)null,
        };
        if (role is null)
        {
            return (null, wire.Role == "function"
                ? ApiError.Unsupported($"{param}.role", "The role function is the older name. Send results of tools in the role tool.")
                : ApiError.Invalid($"{param}.role", $"\"{wire.Role}\" is no role; it may be system, developer, user, assistant or tool."));
        }

        if (wire.Prefix is true)
        {
            return (null, ApiError.Unsupported($"{param}.prefix", "An answer that goes on from a prefix is not supported. Use POST /v1/completions."));
        }

        List<AIContent>? images = role == ChatRole.User ? [] : null;
        if (ContentParts.Read(wire.Content, $"{param}.content", images, out var text) is { } wrong)
        {
            return (null, wrong);
        }

        if (role == ChatRole.Tool)
        {
            return string.IsNullOrEmpty(wire.ToolCallId)
                ? (null, ApiError.Invalid($"{param}.tool_call_id", "A result names the call that it answers."))
                : (new ChatMessage(ChatRole.Tool, [new FunctionResultContent(wire.ToolCallId, text)]), null);
        }

        var message = ContentParts.ToMessage(role.Value, text, images);
        if (wire.ToolCalls is { Count: > 0 } calls)
        {
            if (role != ChatRole.Assistant)
            {
                return (null, ApiError.Invalid($"{param}.tool_calls", "Only the assistant calls tools."));
            }

            message.Contents = text.Length > 0 ? [new TextContent(text)] : [];
            for (var i = 0; i < calls.Count; i++)
            {
                if (ReadCall(calls[i], $"{param}.tool_calls[{i}]", out var call) is { } wrongCall)
                {
                    return (null, wrongCall);
                }

                message.Contents.Add(call!);
            }
        }

        return (message, null);
    }

    private static ApiError? ReadCall(WireCall? wire, string param, out FunctionCallContent? call)
    {
        call = null;
        return wire is not { Function.Name: { Length: > 0 } name, Id: { Length: > 0 } id }
            ? ApiError.Invalid(param, "A call has an id and a function with its name.")
            : ReadCall(id, name, wire.Function.Arguments, $"{param}.function.arguments", out call);
    }

    /// <summary>Reads the arguments of a call: JSON text, or the object itself.</summary>
    public static ApiError? ReadCall(string id, string name, JsonElement? arguments, string param, out FunctionCallContent? call)
    {
        call = null;
        try
        {
            var read = arguments switch
            {
                null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => [],
                { ValueKind: JsonValueKind.String } text when string.IsNullOrWhiteSpace(text.GetString()) => [],
                { ValueKind: JsonValueKind.String } text => JsonSerializer.Deserialize<Dictionary<string, object?>>(text.GetString()!, AIJsonUtilities.DefaultOptions),
                { } value => value.Deserialize<Dictionary<string, object?>>(AIJsonUtilities.DefaultOptions),
            };
            call = new FunctionCallContent(id, name, read);
            return null;
        }
        catch (JsonException)
        {
            return ApiError.Invalid(param, "The arguments of a call are a JSON object, as text.");
        }
    }
}
