using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Tools;

/// <summary>A tool that the model wants called.</summary>
/// <param name="Arguments">An object; null where the model wrote none that can be read.</param>
internal sealed record WantedCall(string Id, string Name, JsonElement? Arguments)
{
    /// <summary>The calls of one answer; one without an id gets one of its place.</summary>
    /// <param name="turn">Which answer it is, from 1.</param>
    public static IReadOnlyList<WantedCall> In(IEnumerable<AIContent> contents, int turn) =>
    [
        .. contents.OfType<FunctionCallContent>().Select((call, place) => new WantedCall(
            call.CallId is { Length: > 0 } id ? id : $"call_{turn}_{place}", call.Name,
            call.Exception is null ? JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions) : null)),
    ];

    /// <summary>An answer as the model is shown it again.</summary>
    public static ChatMessage Message(string text, IEnumerable<WantedCall> calls)
    {
        var contents = new List<AIContent>();
        if (text.Length > 0)
        {
            contents.Add(new TextContent(text));
        }

        contents.AddRange(calls.Select(call => new FunctionCallContent(
            call.Id, call.Name, call.Arguments is { ValueKind: JsonValueKind.Object } named ? named.Deserialize<Dictionary<string, object?>>(AIJsonUtilities.DefaultOptions) : null)));
        return new ChatMessage(ChatRole.Assistant, contents);
    }

    /// <summary>What a tool gave, as the model is shown it.</summary>
    public static ChatMessage Result(string id, string text) => new(ChatRole.Tool, [new FunctionResultContent(id, text)]);

    /// <summary>Why it cannot be made with its arguments; null where it can.</summary>
    /// <param name="parameters">JSON Schema of the tool's arguments.</param>
    public Error? Problem(JsonElement parameters)
    {
        if (Arguments is not { ValueKind: JsonValueKind.Object } arguments)
        {
            return ToolCallErrors.BadArguments("its arguments are no JSON object");
        }

        // A schema of somebody else that is none holds nobody back: the tool itself looks at what it is given.
        var schema = JsonSchema.Read(parameters);
        return schema.IsSuccess && schema.Value.Validate(arguments) is [var violation, ..] ? ToolCallErrors.BadArguments($"{violation}".TrimEnd('.')) : null;
    }
}
