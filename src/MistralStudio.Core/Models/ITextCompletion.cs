using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>
/// Continues a text as it stands, without a chat template: what a local chat model offers by <see cref="IChatClient.GetService"/> beside
/// conversations.
/// </summary>
public interface ITextCompletion
{
    /// <summary>
    /// Continues a text. Updates and options are those of <see cref="IChatClient.GetStreamingResponseAsync"/>, but for tools, which a text has
    /// none of.
    /// </summary>
    /// <exception cref="ModelException">
    /// <see cref="ModelErrors.NoInfill"/> where the prompt has a suffix and the model has no tokens for it; otherwise as with a chat.
    /// </exception>
    IAsyncEnumerable<ChatResponseUpdate> CompleteAsync(TextPrompt prompt, ChatOptions options, CancellationToken cancellationToken);
}

/// <summary>A text to continue.</summary>
/// <param name="Text">What stands before.</param>
/// <param name="Suffix">What stands behind, for a model that fills in the middle; null to continue at the end.</param>
public sealed record TextPrompt(string Text, string? Suffix = null)
{
    /// <summary>
    /// True where control tokens that the text spells out are meant as such; false where they are plain text, as whatever other people wrote
    /// must be. A text with a suffix has none.
    /// </summary>
    public bool ParsesControl { get; init; }
}
