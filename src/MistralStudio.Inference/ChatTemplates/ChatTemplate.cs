using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>A message as a template sees it.</summary>
internal readonly record struct TemplateMessage(string Role, string Content);

/// <summary>
/// Writes a conversation the way a model learnt to read it. The templates of known models are written in C# and chosen by the SHA-256 of the
/// template text in the model file; an engine for any template is one more subclass.
/// </summary>
internal abstract class ChatTemplate
{
    private static readonly Dictionary<string, ChatTemplate> s_bySha256 = new(StringComparer.Ordinal)
    {
        ["872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788"] =
            new ChatMlTemplate("You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
    };

    /// <summary>The template of a model file; an absent or unknown one is an error that names the file.</summary>
    /// <param name="file">Name of the model file.</param>
    /// <param name="template">Its template, <c>tokenizer.chat_template</c> in GGUF; null where the file has none.</param>
    public static Result<ChatTemplate> Find(string file, string? template)
    {
        if (string.IsNullOrWhiteSpace(template))
        {
            return ModelErrors.Unreadable(file, "it has no chat template, so it is not a chat model");
        }

        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(template)));
        return s_bySha256.TryGetValue(sha256, out var known)
            ? known
            : ModelErrors.Unreadable(file, $"its chat template (SHA-256 {sha256[..16]}…) is not one of those supported in this version");
    }

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="addGenerationPrompt">True to end with the opening of the model's turn.</param>
    public abstract string Render(IReadOnlyList<TemplateMessage> messages, bool addGenerationPrompt);
}
