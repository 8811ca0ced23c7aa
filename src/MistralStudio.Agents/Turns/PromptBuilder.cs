using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>Makes the messages of a turn: instructions, what fits of the history, and the question with its passages as quoted data.</summary>
internal static class PromptBuilder
{
    /// <summary>Answer tokens that are kept free where the turn does not say.</summary>
    public const int DefaultAnswerTokens = 512;

    private const string Grounding =
        "Answer the question using only the passages. Be brief. If the passages do not contain the answer, say that they do not.";

    private const string GroundingWithTools =
        "Answer the question using only the passages and what tools give. Be brief. If neither contains the answer, say that they do not.";

    /// <summary>Builds the messages.</summary>
    /// <param name="counter">Counts as the model does; null gives everything, for models that do not say.</param>
    /// <param name="showsTools">False for a model that knows no tools: it reads the words between their calls alone.</param>
    /// <param name="images">Images of the messages, by hash; null where none has one.</param>
    /// <returns>
    /// The messages, and the passages among <paramref name="hits"/> that they contain: with their parents where these are read, without where the
    /// passage is read by itself.
    /// </returns>
    public static (List<ChatMessage> Messages, IReadOnlyList<SearchHit> Given) Build(
        AgentTurn turn, IReadOnlyList<SearchHit> hits, ITokenCounter? counter, bool showsTools = true, IReadOnlyDictionary<string, DataContent>? images = null)
    {
        var grounded = turn.Knowledge.Count > 0;
        var grounding = turn.Tools.Count > 0 ? GroundingWithTools : Grounding;
        var instructions = (turn.Instructions.Trim(), grounded) switch
        {
            ({ Length: 0 }, true) => grounding,
            (var own, true) => $"{own}\n\n{grounding}",
            (var own, false) => own,
        };
        var question = turn.Messages[^1].Text;
        var history = turn.Messages.Take(turn.Messages.Count - 1).ToList();
        var given = hits;
        int? left = null;
        if (counter is not null)
        {
            var answer = Math.Min(turn.Settings.MaxOutputTokens ?? DefaultAnswerTokens, counter.ContextLength / 2);
            var budget = PromptBudget.Fit(
                counter.ContextLength,
                answer,
                Count(instructions) + Count(question) + (2 * PromptBudget.TokensAroundMessage) + turn.Tools.Sum(tool => Count($"{tool.Name} {tool.Description} {tool.Parameters.GetRawText()}")),
                [.. hits.Select((hit, i) => Count(Quote(hit with { Parent = null }, i + 1)))],
                [.. history.Select(message => Count(message.Text) + message.Tools.Sum(use => Count(ToolHistory.Words(use, counter.ContextLength))))]);
            given = [.. hits.Take(budget.Passages)];
            left = budget.Left;
            history.RemoveRange(0, budget.FirstMessage);
        }

        // Counted with the longest number that it may get.
        given = Readings.Choose(given, left, hit => Count(Quote(hit, given.Count)));

        // A conversation begins with a person; an answer whose question was trimmed would confuse.
        while (history.Count > 0 && history[0].Role == MessageRole.Assistant)
        {
            history.RemoveAt(0);
        }

        var messages = new List<ChatMessage>(history.Count + 2);
        if (instructions.Length > 0)
        {
            messages.Add(new ChatMessage(ChatRole.System, instructions));
        }

        foreach (var message in history)
        {
            messages.AddRange(message.Tools.Count > 0 && showsTools ? ToolHistory.Of(message, counter?.ContextLength) : [Show(message, message.Text)]);
        }

        messages.Add(Show(turn.Messages[^1], grounded ? WithPassages(question, Readings.Distinct(given)) : question));
        return (messages, given);

        ChatMessage Show(TurnMessage message, string text) =>
            new(RoleOf(message.Role), [.. message.Images.Select(image => images![image.Sha256]), .. text.Length > 0 || message.Images.Count == 0 ? [new TextContent(text)] : Array.Empty<AIContent>()]);

        int Count(string text) => counter!.Count(text) + PromptBudget.TokensAroundMessage;
    }

    private static string WithPassages(string question, IReadOnlyList<SearchHit> passages)
    {
        var text = new StringBuilder("Passages:\n\n");
        for (var i = 0; i < passages.Count; i++)
        {
            text.Append(Quote(passages[i], i + 1));
        }

        return text.Append("Question: ").Append(question).ToString();
    }

    private static string Quote(SearchHit hit, int number)
    {
        var (first, last) = hit.Parent is { } parent ? (parent.Page, parent.LastPage) : (hit.Page, hit.Page);
        var place = first is null ? "" : first == last ? $", page {first}" : $", pages {first}-{last}";
        // Rows say little without the header of their table.
        var header = hit.Header is { } row && !hit.ReadText.Contains(row, StringComparison.Ordinal) ? $"{row}\n" : "";
        return string.Create(CultureInfo.InvariantCulture, $"[{number}] {hit.Document}{place}:\n{header}{hit.ReadText}\n\n");
    }

    private static ChatRole RoleOf(MessageRole role) => role switch
    {
        MessageRole.System => ChatRole.System,
        MessageRole.Assistant => ChatRole.Assistant,
        _ => ChatRole.User,
    };
}
