using System.Text;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// ChatML: every message between <c>&lt;|im_start|&gt;role\n</c> and <c>&lt;|im_end|&gt;\n</c>. A conversation that does not start with a system
/// message gets the model's own.
/// </summary>
internal sealed class ChatMlTemplate(string defaultSystem) : ChatTemplate
{
    /// <inheritdoc/>
    public override string Render(IReadOnlyList<TemplateMessage> messages, bool addGenerationPrompt)
    {
        var text = new StringBuilder();
        if (messages.Count > 0 && messages[0].Role != "system")
        {
            Append(text, new("system", defaultSystem));
        }

        foreach (var message in messages)
        {
            Append(text, message);
        }

        return (addGenerationPrompt ? text.Append("<|im_start|>assistant\n") : text).ToString();
    }

    private static void Append(StringBuilder text, TemplateMessage message) =>
        text.Append("<|im_start|>").Append(message.Role).Append('\n').Append(message.Content).Append("<|im_end|>\n");
}
