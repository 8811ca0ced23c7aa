using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Turns;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Nodes;

/// <summary>Conversations as they travel along edges, <c>[{"role", "content"}]</c>, and as models read them.</summary>
internal static class MessageValues
{
    /// <summary>
    /// What people and models said, oldest first. Everything else in the list is left out: instructions are the author's, and whoever starts a
    /// run gives it messages, not instructions.
    /// </summary>
    public static List<ChatMessage> Read(FlowValue? value)
    {
        var messages = new List<ChatMessage>();
        if (value is not { Json.ValueKind: JsonValueKind.Array })
        {
            return messages;
        }

        foreach (var item in value.Json.EnumerateArray())
        {
            ChatRole? role = item.GetProperty("role").GetString() switch { "user" => ChatRole.User, "assistant" => ChatRole.Assistant, _ => null };
            if (role is { } said && TextOf(item.GetProperty("content")) is { Length: > 0 } text)
            {
                messages.Add(new ChatMessage(said, text));
            }
        }

        return messages;
    }

    /// <summary>The same as a value, without what nobody said.</summary>
    public static FlowValue Write(IEnumerable<ChatMessage> messages) => FlowValue.From(messages
        .Where(message => message.Role == ChatRole.User || message.Role == ChatRole.Assistant)
        .Select(message => new { role = message.Role.Value, content = message.Text }));

    /// <summary>
    /// What is sent: the instructions, as much of the history as the model holds beside them and its answer, and the request. A conversation
    /// begins with a person.
    /// </summary>
    /// <param name="answer">Tokens kept free for the answer.</param>
    public static List<ChatMessage> Compose(string system, List<ChatMessage> history, string prompt, int answer, ITokenCounter? counter)
    {
        var request = prompt.Length > 0 ? new ChatMessage(ChatRole.User, prompt) : history is [.., { } last] && last.Role == ChatRole.User ? last : null;
        var earlier = prompt.Length > 0 || request is null ? history : history[..^1];
        var first = counter is null || earlier.Count == 0 ? 0 : PromptBudget.Fit(
            counter.ContextLength,
            Math.Min(answer, counter.ContextLength / 2),
            Count(system) + Count(request?.Text ?? ""),
            [],
            [.. earlier.Select(message => Count(message.Text))]).FirstMessage;
        while (first > 0 && first < earlier.Count && earlier[first].Role == ChatRole.Assistant)
        {
            first++;
        }

        return
        [
            .. system.Length > 0 ? [new ChatMessage(ChatRole.System, system)] : (ChatMessage[])[],
            .. earlier.Skip(first),
            .. request is null ? (ChatMessage[])[] : [request],
        ];

        int Count(string text) => counter!.Count(text) + PromptBudget.TokensAroundMessage;
    }

    /// <summary>What is wrong where a node would ask nothing, whatever it is run with: it says nothing itself, and no conversation arrives.</summary>
    public static IEnumerable<ConfigProblem> Unasked(NodeShape shape)
    {
        var says = shape.Config.TryGetProperty("prompt", out var prompt) && !string.IsNullOrWhiteSpace(prompt.GetString());
        if (!says && !shape.Arriving.ContainsKey("messages"))
        {
            yield return new ConfigProblem("/prompt", ModelNodeErrors.NothingAsked());
        }
    }

    // A text, or the parts of one: [{"type": "text", "text": ...}].
    private static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray()
            .Select(part => part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : "")),
        JsonValueKind.Null => "",
        _ => content.GetRawText(),
    };
}
