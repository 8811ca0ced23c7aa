using Microsoft.Extensions.AI;
using MistralStudio.Inference.ChatTemplates;

namespace MistralStudio.Inference.Tools;

/// <summary>Brings calls and results of a conversation, whichever model made them, into the form that a family's template takes.</summary>
internal static class ToolHistory
{
    /// <summary>The same conversation in the family's form.</summary>
    public static ChatPrompt Write(ChatPrompt prompt, ToolFormat format)
    {
        var hasCalls = prompt.Messages.Any(message => message.Contents.Any(content => content is FunctionCallContent or FunctionResultContent));
        if (format.IsInPlainWords)
        {
            return hasCalls || prompt.Tools.Count > 0 ? PlainToolPrompt.Write(prompt) : prompt;
        }

        if (!hasCalls)
        {
            return prompt;
        }

        var messages = format.WantsShortIds ? [.. prompt.Messages.Select(WithShortIds)] : prompt.Messages;
        return prompt with { Messages = format.IsWholeAnswer ? OneCallAMessage(messages) : messages };
    }

    private static ChatMessage WithShortIds(ChatMessage message) => new(message.Role,
    [
        .. message.Contents.Select(content => content switch
        {
            FunctionCallContent call => new FunctionCallContent(CallIds.Short(call.CallId), call.Name, call.Arguments),
            FunctionResultContent result => new FunctionResultContent(CallIds.Short(result.CallId), result.Result),
            _ => content,
        }),
    ]);

    // Parallel calls of another model become calls one after another, each with its result.
    private static List<ChatMessage> OneCallAMessage(IReadOnlyList<ChatMessage> messages)
    {
        var results = messages.SelectMany(message => message.Contents.OfType<FunctionResultContent>()).DistinctBy(result => result.CallId)
            .ToDictionary(result => result.CallId, StringComparer.Ordinal);
        var written = new List<ChatMessage>();
        var moved = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            var calls = message.Contents.OfType<FunctionCallContent>().ToList();
            if (calls.Count > 1)
            {
                foreach (var call in calls)
                {
                    written.Add(new ChatMessage(message.Role, [call]));
                    if (results.TryGetValue(call.CallId, out var result) && moved.Add(call.CallId))
                    {
                        written.Add(new ChatMessage(ChatRole.Tool, [result]));
                    }
                }
            }
            else if (message.Contents.Where(content => content is not FunctionResultContent result || !moved.Contains(result.CallId)).ToList() is { Count: > 0 } left)
            {
                written.Add(left.Count == message.Contents.Count ? message : new ChatMessage(message.Role, left));
            }
        }

        return written;
    }
}
