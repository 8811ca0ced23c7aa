using Microsoft.AspNetCore.Components;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Playground;

/// <summary>The playground.</summary>
public sealed partial class PlaygroundPage : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private PlaygroundState? _state;
    private OpenedCitation? _opened;
    private string? _given;
    private bool _named;
    private bool _missing;
    private bool _settings;
    private bool _left;
    private bool _loaded;
    private bool _deleting;
    private bool _again;
    private ElementReference _arena;

    [Inject] public required ChatTurns Turns { get; set; }

    [Inject] public required IConversationStore Conversations { get; set; }

    [Inject] public required IFeedbackStore Feedback { get; set; }

    [Inject] public required IKnowledgeStore Knowledge { get; set; }

    [Inject] public required IConversationFiles Files { get; set; }

    [Inject] public required IDocumentIntake Intake { get; set; }

    [Inject] public required IConversationFileErasure Erasure { get; set; }

    [Inject] public required IModelRouter Models { get; set; }

    [Inject] public required NavigationManager Navigation { get; set; }

    [Inject] public required LastingRights Rights { get; set; }

    [Inject] public required TimeProvider Clock { get; set; }

    [Inject] public required ILogger<PlaygroundPage> Logger { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    [Parameter] public required string Workspace { get; set; }

    /// <summary>The conversation; null for a new one.</summary>
    [Parameter] public string? Id { get; set; }

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_state is null)
        {
            _state = new PlaygroundState(Turns, Conversations, Feedback, Models, Knowledge, new(Files, Intake, Erasure), Scope, Clock, Logger, Rights.Of(Scope.Caller));
            _state.Chat.Changed += ChatChanged;
        }
        else if (_given == Id)
        {
            // The frame renders again while a new address is on its way; only another conversation opens one.
            return;
        }

        (_given, _named, _deleting, _again) = (Id, false, false, false);
        ConversationId? wanted = ConversationId.TryParse(Id, null, out var parsed) ? parsed : null;
        _opened = null;
        _missing = Id is not null && wanted is null || !await _state.OpenAsync(wanted, _closed.Token);
        _loaded = true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        if (_state is not null)
        {
            _state.Chat.Changed -= ChatChanged;
            await _state.DisposeAsync();
        }

        _closed.Dispose();
    }

    private void ChatChanged() => _ = InvokeAsync(async () =>
    {
        // The first message gave the conversation its address: a reload finds it there.
        if (_state?.Chat.Conversation is { } conversation && _given is null && !_named && !_closed.IsCancellationRequested)
        {
            _named = true;
            await _state.ReadPastAsync(_closed.Token);
            Navigation.NavigateTo(Scope.Url($"playground/{conversation.Id}"), replace: true);
        }

        StateHasChanged();
    });

    private void Draw(Func<GenerationSettings, GenerationSettings> change) => _state!.Draw(change);

    private Task RegenerateAsync(ChatSetup with)
    {
        _again = false;
        return _state!.Chat.RegenerateAsync(_closed.Token, with);
    }

    private async Task DeleteAsync(ConversationId id)
    {
        _deleting = false;
        if (await _state!.DeleteAsync(id, _closed.Token))
        {
            Navigation.NavigateTo(Scope.Url("playground"));
        }
    }
}
