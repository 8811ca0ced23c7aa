using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>One of the conversations side by side: what is asked there, how answers are drawn, and with which prompt.</summary>
public sealed class PlaygroundColumn(ChatState chat) : IAsyncDisposable
{
    /// <summary>The conversation.</summary>
    public ChatState Chat => chat;

    /// <summary>The prompt version that it is asked with, <c>prompt:slug@number</c>; null for the draft.</summary>
    public string? Prompt { get; private set; }

    /// <summary>That version; null for the draft, and where it is gone.</summary>
    public PromptContent? Version { get; private set; }

    /// <summary>Why that version cannot be asked.</summary>
    public Error? PromptError { get; private set; }

    /// <summary>What it is called in the tally: its model, with its prompt version.</summary>
    public string Name => Prompt is null ? chat.Setup.Model : $"{chat.Setup.Model} · {Prompt}";

    /// <summary>Asks another model from the next message on.</summary>
    public void Choose(string model) => chat.Setup = chat.Setup with { Model = model };

    /// <summary>Changes how answers are drawn.</summary>
    public void Draw(Func<GenerationSettings, GenerationSettings> change) => chat.Setup = chat.Setup with { Settings = change(chat.Setup.Settings) };

    /// <summary>Asks with a prompt version from the next message on; null: with the draft.</summary>
    public void Ask(string? prompt, Result<PromptContent> version) =>
        (Prompt, Version, PromptError) = prompt is null ? (null, null, null) : (prompt, version.IsSuccess ? version.Value : null, version.Error);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => chat.DisposeAsync();
}
