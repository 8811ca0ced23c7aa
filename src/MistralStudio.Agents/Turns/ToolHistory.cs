using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Tools;
using MistralStudio.Core.Agents;

namespace MistralStudio.Agents.Turns;

/// <summary>Earlier answers with calls of tools, as models are shown them again: words, calls, results, words.</summary>
public static class ToolHistory
{
    /// <summary>What a model is told of a call that is over, or was never made.</summary>
    public static string Told(ToolUse use) => use.State switch
    {
        ToolUseState.Answered => use.Result ?? "",
        ToolUseState.Refused => $"A person refused this call. {use.Note}".TrimEnd(),
        ToolUseState.Failed or ToolUseState.TimedOut => $"The tool failed: {use.Error}",
        // The studio went down while it was being made.
        ToolUseState.Running => "It is not known how this call ended. It may have had its effect.",
        _ => "The call was not made.",
    };

    /// <summary>All that a model reads of a call.</summary>
    /// <param name="context">Tokens that it holds; null where it does not say.</param>
    public static string Words(ToolUse use, int? context) => $"{use.Tool} {use.Arguments} {ToolText.Cut(Told(use), ToolText.Shown(context))}";

    /// <summary>The messages of an answer.</summary>
    /// <param name="context">Tokens that the model holds; null where it does not say.</param>
    public static IEnumerable<ChatMessage> Of(TurnMessage answer, int? context)
    {
        var from = 0;
        foreach (var round in answer.Tools.GroupBy(use => use.Round))
        {
            var to = Math.Clamp(round.First().At, from, answer.Text.Length);
            yield return WantedCall.Message(answer.Text[from..to].Trim(), round.Select(use => new WantedCall(use.Id, use.Tool, Arguments(use))));
            foreach (var use in round)
            {
                yield return WantedCall.Result(use.Id, ToolText.Cut(Told(use), ToolText.Shown(context)));
            }

            from = to;
        }

        if (answer.Text[from..].Trim() is { Length: > 0 } last)
        {
            yield return new ChatMessage(ChatRole.Assistant, last);
        }
    }

    private static JsonElement? Arguments(ToolUse use)
    {
        try
        {
            return use.Arguments.Length > 0 ? JsonElement.Parse(use.Arguments) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
