using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Playground.Drafts;
using MistralStudio.Web.Features.Playground.Help;
using MistralStudio.Web.Features.Prompts.Code;

namespace MistralStudio.Web.Features.Playground;

/// <content>What a prompt has beside its messages, and help with them.</content>
public sealed partial class PlaygroundPage
{
    private const int MostPrompts = 100;

    private (DraftMessage Message, HelpKind Kind)? _helped;

    private void Equip(IReadOnlyList<PromptTool> tools) => _state!.Draft.Change(content => content with { Tools = tools });

    private void Form(PromptSchema? answer) => _state!.Draft.Change(content => content with { Answer = answer });

    private bool _saving;
    private CodeSubject? _coded;

    // Slug of the prompt that the draft began as: what is kept is its next version.
    private string? Slug => _state!.Draft.Origin is { } origin && ModelReference.TryParse(origin, out var reference) ? reference.Name : null;

    private async Task CodeAsync() => _coded = await _state!.ShowAsync(
        new CodeSubject(_state.ToVersion(), _state.Draft.Values) { Reference = _state.IsChanged ? null : _state.Draft.Origin }, _closed.Token);

    // The prompt as it stands is kept with the conversation, where the page of batches finds it; one that is a saved version goes by its name.
    private async Task RunOverTableAsync()
    {
        await _state!.SaveAsync();
        if (_state.Draft.Origin is { } origin && !_state.IsChanged)
        {
            Navigation.NavigateTo(Scope.Url($"batches/new?prompt={Uri.EscapeDataString(origin["prompt:".Length..])}"));
        }
        else if (_state.Chat.Conversation is { } conversation)
        {
            Navigation.NavigateTo(Scope.Url($"batches/new?draft={conversation.Id}"));
        }
    }

    private void VersionKept(PromptText kept)
    {
        _saving = false;
        _state!.Draft.Kept(kept.Content, $"prompt:{kept.Slug}@{kept.Version.Number}");
    }

    private async Task<IReadOnlyList<PromptChoice>> ListPromptsAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
    [
        .. (await PromptStore.ListAsync(workspace, new PromptFilter(), null, MostPrompts, cancellationToken)).Items.SelectMany(prompt => prompt.Labels
            .Select(label => new PromptChoice($"{prompt.Form.Name} · v{label.Version} · {label.Name}", $"prompt:{prompt.Slug}@{label.Version}"))
            .Prepend(new PromptChoice($"{prompt.Form.Name} · v{prompt.Latest.Number}", $"prompt:{prompt.Slug}@{prompt.Latest.Number}"))),
    ];

    private void TakeHelp(string text)
    {
        if (_helped is { } helped)
        {
            _state!.Draft.Write(helped.Message.Key, text);
        }

        _helped = null;
    }
}
