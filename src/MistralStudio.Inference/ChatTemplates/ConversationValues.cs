using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Inference.ChatTemplates.Jinja;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// A conversation as templates see it: <c>{"role": "assistant", "content": "...", "tool_calls": [{"id": "...", "type": "function",
/// "function": {"name": "...", "arguments": {...}}}]}</c>, results as messages of the role <c>tool</c>. Texts of messages, tools, calls and
/// results are foreign; the roles that every model knows are not, since templates build control tokens from them.
/// </summary>
internal static class ConversationValues
{
    private static readonly JsonSerializerOptions s_json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };
    private static readonly HashSet<string> s_roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>The messages.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="argumentsAsText">True where the template wants the arguments of a call as one JSON text.</param>
    public static JinjaList Messages(IReadOnlyList<ChatMessage> messages, bool argumentsAsText)
    {
        var values = new List<object?>(messages.Count);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            var results = message.Contents.OfType<FunctionResultContent>().ToList();
            if (results.Count < message.Contents.Count || results.Count == 0)
            {
                values.Add(Message(message, argumentsAsText));
            }

            foreach (var call in message.Contents.OfType<FunctionCallContent>())
            {
                names[call.CallId] = call.Name;
            }

            values.AddRange(results.Select(result => Result(result, names.GetValueOrDefault(result.CallId))));
        }

        return new JinjaList(values);
    }

    /// <summary>The tools, as <c>{"type": "function", "function": {...}}</c>; None where there are none.</summary>
    public static JinjaList? Tools(IReadOnlyList<AIFunctionDeclaration> tools) => tools.Count == 0 ? null : new JinjaList([.. tools.Select(tool => new JinjaMap()
        .With("type", TemplateText.Own("function"))
        .With("function", new JinjaMap()
            .With("name", TemplateText.Foreign(tool.Name))
            .With("description", TemplateText.Foreign(tool.Description))
            .With("parameters", JsonValues.Of(tool.JsonSchema))))]);

    /// <summary>True where a message calls a tool.</summary>
    public static bool HasCalls(IReadOnlyList<ChatMessage> messages) => messages.Any(message => message.Contents.OfType<FunctionCallContent>().Any());

    /// <summary>The instructions before the first user message, as part of it: for templates that have no place for a system message.</summary>
    public static IReadOnlyList<ChatMessage> FoldSystem(IReadOnlyList<ChatMessage> messages)
    {
        var system = messages.TakeWhile(message => message.Role == ChatRole.System).ToList();
        if (system.Count == 0 || system.Count == messages.Count || messages[system.Count].Role != ChatRole.User)
        {
            return messages;
        }

        var instructions = string.Join("\n\n", system.Select(message => message.Text).Where(text => text.Length > 0));
        var first = messages[system.Count];
        return instructions.Length == 0
            ? [.. messages.Skip(system.Count)]
            : [new ChatMessage(ChatRole.User, [new TextContent($"{instructions}\n\n"), .. first.Contents]), .. messages.Skip(system.Count + 1)];
    }

    private static JinjaMap Message(ChatMessage message, bool argumentsAsText)
    {
        var role = message.Role.Value;
        var value = new JinjaMap()
            .With("role", s_roles.Contains(role) ? TemplateText.Own(role) : TemplateText.Foreign(role))
            .With("content", TemplateText.Foreign(Texts<TextContent>(message, content => content.Text)));
        if (Texts<TextReasoningContent>(message, content => content.Text) is { Length: > 0 } reasoning)
        {
            value.With("reasoning_content", TemplateText.Foreign(reasoning));
        }

        var calls = message.Contents.OfType<FunctionCallContent>().Select(call => (object?)Call(call, argumentsAsText)).ToList();
        return calls.Count == 0 ? value : value.With("tool_calls", new JinjaList(calls));
    }

    private static string Texts<T>(ChatMessage message, Func<T, string> text)
        where T : AIContent => message.Contents is [T only] ? text(only) : string.Concat(message.Contents.OfType<T>().Select(text));

    private static JinjaMap Call(FunctionCallContent call, bool argumentsAsText)
    {
        var arguments = JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(), s_json);
        return new JinjaMap()
            .With("id", TemplateText.Foreign(call.CallId))
            .With("type", TemplateText.Own("function"))
            .With("function", new JinjaMap()
                .With("name", TemplateText.Foreign(call.Name))
                .With("arguments", argumentsAsText ? TemplateText.Foreign(arguments.GetRawText()) : JsonValues.Of(arguments)));
    }

    private static JinjaMap Result(FunctionResultContent result, string? name)
    {
        var value = new JinjaMap()
            .With("role", TemplateText.Own("tool"))
            .With("tool_call_id", TemplateText.Foreign(result.CallId))
            .With("content", TemplateText.Foreign(result.Result switch
            {
                string text => text,
                null => "",
                var other => JsonSerializer.Serialize(other, s_json),
            }));
        return name is null ? value : value.With("name", TemplateText.Foreign(name));
    }
}
