using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>A prompt with its variables filled in, ready to be asked.</summary>
/// <param name="Instructions">Its first system message; empty where there is none.</param>
/// <param name="Opening">The messages after it that stand before the conversation.</param>
/// <param name="Question">What the person asks.</param>
/// <param name="Images">Images of the prompt's own last message, where that is the form of the question; they stand before those that are asked about.</param>
public sealed record ComposedPrompt(string Instructions, IReadOnlyList<TurnMessage> Opening, string Question, IReadOnlyList<MessageImage> Images)
{
    /// <summary>True where it shows something beyond what is asked about.</summary>
    public bool HasImages => Images.Count > 0 || Opening.Any(message => message.Images.Count > 0);
}

/// <summary>
/// Makes what a model is asked out of a prompt and what is typed below the conversation. A user message at the end of the prompt is the form of the
/// first question: what is typed is the value of its <c>{{question}}</c>, or follows it where it has none; every later question is what is typed.
/// </summary>
public static class PromptComposition
{
    /// <summary>Composes one question; a variable without a value fails with an error that names it.</summary>
    /// <param name="values">Values of the variables; an empty text is none.</param>
    /// <param name="typed">What stands in the field below; may be empty for a first question that the prompt has itself, and beside images.</param>
    /// <param name="images">How many images are asked about: they are a question by themselves.</param>
    public static Result<ComposedPrompt> Compose(PromptContent content, IReadOnlyDictionary<string, string> values, string typed, bool isFirst, int images = 0)
    {
        if (PromptRules.CheckImages(content) is { } wrong)
        {
            return wrong;
        }

        List<PromptMessage> messages = [.. content.Messages.Where(message => !message.IsEmpty)];
        var form = messages is [.., { Role: MessageRole.User } last] ? last : null;
        if (form is not null)
        {
            messages.RemoveAt(messages.Count - 1);
        }

        var given = values.Where(value => value.Value.Length > 0).ToDictionary(StringComparer.Ordinal);
        var isForm = isFirst && form is not null;
        var takesTyped = isForm && PromptTemplates.Names(form!.Text).Contains(PromptTemplates.Question, StringComparer.Ordinal);
        if (takesTyped && !string.IsNullOrWhiteSpace(typed))
        {
            given[PromptTemplates.Question] = typed.TrimEnd();
        }

        var filled = PromptTemplates.Fill(content with { Messages = isForm ? [.. messages, form!] : messages }, given);
        if (!filled.IsSuccess)
        {
            return filled.Error;
        }

        List<TurnMessage> all = [.. filled.Value];
        var question = typed;
        IReadOnlyList<MessageImage> own = [];
        if (isForm)
        {
            own = all[^1].Images;
            question = takesTyped || string.IsNullOrWhiteSpace(typed) ? all[^1].Text : $"{all[^1].Text}\n\n{typed}".TrimStart('\n');
            all.RemoveAt(all.Count - 1);
        }

        if (own.Count + images is var count && count == 0 && string.IsNullOrWhiteSpace(question))
        {
            return ChatErrors.Empty();
        }

        if (count > ImageRules.MostInMessage)
        {
            return ImageErrors.TooMany();
        }

        var instructions = all is [{ Role: MessageRole.System } first, ..] ? first.Text : "";
        return new ComposedPrompt(instructions, [.. all.Skip(instructions.Length > 0 ? 1 : 0)], question, own);
    }
}
