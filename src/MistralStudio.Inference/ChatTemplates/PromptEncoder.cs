using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// A conversation to the tokens of a prompt. Control tokens come from the template alone: whatever a message holds is text and opens no turn.
/// </summary>
internal sealed class PromptEncoder(Tokenizer tokenizer, ChatTemplate template)
{
    /// <summary>Roles that a template may build control tokens from (<c>&lt;|user|&gt;</c>); any other is text of other people.</summary>
    private static readonly HashSet<string> s_roles = ["system", "user", "assistant", "tool"];

    /// <summary>The prompt as text.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="addGenerationPrompt">True to end with the opening of the model's turn.</param>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var marked = RenderMarked(messages, addGenerationPrompt, out var marks);
        return marks.Remove(marked);
    }

    /// <summary>The prompt as tokens; see <see cref="Render"/>.</summary>
    public int[] Encode(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var rest = RenderMarked(messages, addGenerationPrompt, out var marks).AsSpan();
        var tokens = new List<int>(rest.Length / 3 + 16);
        while (tokenizer.Vocabulary.Special.Find(rest) is { } special)
        {
            tokenizer.Encode(marks.Remove(rest[..special.Start]), parseSpecial: false, tokens);
            tokens.Add(special.Token);
            rest = rest[(special.Start + special.Length)..];
        }

        tokenizer.Encode(marks.Remove(rest), parseSpecial: false, tokens);
        return [.. tokens];
    }

    private string RenderMarked(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, out ContentMarks marks)
    {
        var plain = messages.Select(message => new TemplateMessage(message.Role.Value, Text(message))).ToList();
        var protection = new ContentMarks(tokenizer.Vocabulary.Special, plain.SelectMany(message => new[] { message.Role, message.Content }));
        marks = protection;
        return template.Render(
            [.. plain.Select(message => new TemplateMessage(
                s_roles.Contains(message.Role) ? message.Role : protection.Protect(message.Role),
                protection.Protect(message.Content)))],
            addGenerationPrompt);
    }

    /// <summary>A message's texts and tool results; pictures, calls and reasoning have no place in the templates known here.</summary>
    private static string Text(ChatMessage message) => message.Contents is [TextContent only]
        ? only.Text
        : string.Concat(message.Contents.Select(content => content switch
        {
            TextContent text => text.Text,
            FunctionResultContent { Result: string result } => result,
            FunctionResultContent { Result: { } result } => JsonSerializer.Serialize(result, AIJsonUtilities.DefaultOptions),
            _ => "",
        }));
}
