using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>A prompt with its variables filled in, ready to be asked.</summary>
/// <param name="Instructions">Its first system message; empty where there is none.</param>
/// <param name="Opening">The messages after it that stand before the conversation.</param>
/// <param name="Question">What the person asks.</param>
public sealed record ComposedPrompt(string Instructions, IReadOnlyList<TurnMessage> Opening, string Question);

/// <summary>
/// Makes what a model is asked out of a prompt and what is typed below the conversation. A user message at the end of the prompt is the form of the
/// first question: what is typed is the value of its <c>{{question}}</c>, or follows it where it has none; every later question is what is typed.
/// </summary>
public static class PromptComposition
{
    /// <summary>The variable that what is typed stands for.</summary>
    public const string Question = "question";

    /// <summary>Composes one question; a variable without a value fails with an error that names it.</summary>
    /// <param name="values">Values of the variables; an empty text is none.</param>
    /// <param name="typed">What stands in the field below; may be empty for a first question that the prompt has itself, and beside images.</param>
    /// <param name="hasImages">True where images are asked about: they are a question by themselves.</param>
    public static Result<ComposedPrompt> Compose(PromptContent content, IReadOnlyDictionary<string, string> values, string typed, bool isFirst, bool hasImages = false)
    {
        List<PromptMessage> messages = [.. content.Messages.Where(message => !string.IsNullOrWhiteSpace(message.Text))];
        var form = messages is [.., { Role: MessageRole.User } last] ? last : null;
        if (form is not null)
        {
            messages.RemoveAt(messages.Count - 1);
        }

        var given = values.Where(value => value.Value.Length > 0).ToDictionary(StringComparer.Ordinal);
        var isForm = isFirst && form is not null;
        var takesTyped = isForm && PromptTemplates.Names(form!.Text).Contains(Question, StringComparer.Ordinal);
        if (takesTyped && !string.IsNullOrWhiteSpace(typed))
        {
            given[Question] = typed.TrimEnd();
        }

        var filled = PromptTemplates.Fill(content with { Messages = isForm ? [.. messages, form!] : messages }, given);
        if (!filled.IsSuccess)
        {
            return filled.Error;
        }

        List<TurnMessage> all = [.. filled.Value];
        var question = typed;
        if (isForm)
        {
            question = takesTyped || string.IsNullOrWhiteSpace(typed) ? all[^1].Text : $"{all[^1].Text}\n\n{typed}";
            all.RemoveAt(all.Count - 1);
        }

        if (!hasImages && string.IsNullOrWhiteSpace(question))
        {
            return ChatErrors.Empty();
        }

        var instructions = all is [{ Role: MessageRole.System } first, ..] ? first.Text : "";
        return new ComposedPrompt(instructions, [.. all.Skip(instructions.Length > 0 ? 1 : 0)], question);
    }
}
