using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Turns;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Tools;

/// <summary>Keeps a conversation with tools within what its model holds: results give way, the oldest first; what was asked, said and called stays.</summary>
internal static class ToolMemory
{
    // Of a result that gives way; what a model learnt from it is mostly in what it said next.
    private const int Remembered = 200;

    /// <summary>Cuts results until the next answer has room, or until there is nothing more to cut: the model then says that it is too long.</summary>
    /// <param name="messages">Changed in place.</param>
    /// <param name="answer">Tokens that the answer may have.</param>
    /// <param name="tools">What the model is told of its tools beside the messages.</param>
    public static void MakeRoom(List<ChatMessage> messages, int answer, string tools, ITokenCounter? counter)
    {
        if (counter is null)
        {
            return;
        }

        var over = messages.Sum(message => Tokens(message, counter)) + counter.Count(tools) + Math.Min(answer, counter.ContextLength / 2) - counter.ContextLength;
        for (var i = 0; i < messages.Count && over > 0; i++)
        {
            if (messages[i].Contents is [FunctionResultContent { Result: string text } result] && text.Length > Remembered)
            {
                var before = Tokens(messages[i], counter);
                messages[i] = WantedCall.Result(result.CallId, $"{text[..Remembered]}\n(the rest made room for what came after it; call again for all of it)");
                over -= before - Tokens(messages[i], counter);
            }
        }
    }

    private static int Tokens(ChatMessage message, ITokenCounter counter) => PromptBudget.TokensAroundMessage + message.Contents.Sum(content => content switch
    {
        FunctionCallContent call => counter.Count($"{call.Name} {JsonSerializer.Serialize(call.Arguments, AIJsonUtilities.DefaultOptions)}"),
        FunctionResultContent { Result: string text } => counter.Count(text),
        TextContent text => counter.Count(text.Text),
        _ => 0,
    });
}
