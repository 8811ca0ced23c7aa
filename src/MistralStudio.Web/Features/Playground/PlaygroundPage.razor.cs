using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Components;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Playground;

/// <summary>The playground.</summary>
public sealed partial class PlaygroundPage : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private PlaygroundState? _state;
    private OpenedCitation? _opened;
    private PlaygroundColumn? _again;
    private PlaygroundColumn? _tab;
    private Error? _notice;
    private string? _given;
    private string? _edited;
    private bool _named;
    private bool _missing;
    private bool _settings;
    private bool _left;
    private bool _loaded;
    private ElementReference _page;
    private ElementReference _prompt;
    private ElementReference _arena;
    private PageScripts? _scripts;

    [Inject] public required ChatTurns Turns { get; set; }

    [Inject] public required IConversationStore Conversations { get; set; }

    [Inject] public required IFeedbackStore Feedback { get; set; }

    [Inject] public required IKnowledgeStore Knowledge { get; set; }

    [Inject] public required IConversationFiles Files { get; set; }

    [Inject] public required IDocumentIntake Intake { get; set; }

    [Inject] public required IConversationFileErasure Erasure { get; set; }

    [Inject] public required IConversationImages Images { get; set; }

    [Inject] public required IModelRouter Models { get; set; }

    [Inject] public required IModelHost Host { get; set; }

    [Inject] public required IPromptStore PromptStore { get; set; }

    [Inject] public required NavigationManager Navigation { get; set; }

    [Inject] public required LastingRights Rights { get; set; }

    [Inject] public required TimeProvider Clock { get; set; }

    [Inject] public required IJSRuntime Js { get; set; }

    [Inject] public required ILogger<PlaygroundPage> Logger { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    [Parameter] public required string Workspace { get; set; }

    /// <summary>The conversation; null for a new one.</summary>
    [Parameter] public string? Id { get; set; }

    /// <summary>A prompt version to begin with, <c>slug@number</c>.</summary>
    [SupplyParameterFromQuery(Name = "prompt")]
    public string? Prompt { get; set; }

    // One whose column was closed shows what all share.
    private PlaygroundColumn? Tab => _tab is not null && _state!.Columns.Contains(_tab) ? _tab : null;

    private string Placeholder => (_state!.Columns.Count, _state.Chat.Thread.Count) switch
    {
        (1, 0) => L["First"],
        (1, _) => L["FollowUp"],
        (2, 0) => L["First.Both"],
        (2, _) => L["FollowUp.Both"],
        (_, 0) => L["First.All", _state.Columns.Count],
        _ => L["FollowUp.All", _state.Columns.Count],
    };

    /// <summary>What was typed into a message: its text before, and what became of a piece of it. False asks for the whole.</summary>
    [JSInvokable]
    public bool Type(int key, int before, int from, int removed, string inserted) => _state!.Draft.Type(key, before, from, removed, inserted);

    /// <summary>The whole text of a message.</summary>
    [JSInvokable]
    public void TypeAll(int key, string text) => _state!.Draft.Type(key, text);

    /// <summary>What was typed as the value of a variable.</summary>
    [JSInvokable]
    public void Give(string name, string value) => _state!.Draft.Give(name, value);

    /// <summary>A message was dropped at a place.</summary>
    [JSInvokable]
    public void Move(int key, int place) => _state!.Draft.Move(key, place);

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_state is null)
        {
            var services = new PlaygroundServices(Turns, Conversations, Feedback, Models, Host, Knowledge, new(Files, Intake, Erasure), Clock) 
            {
                Stands = Rights.Of(Scope.Caller),
                Images = Images,
                Prompts = FindPromptAsync,
                ListPrompts = ListPromptsAsync,
            };
            _state = new PlaygroundState(services, Scope, Logger);
            _state.Changed += StateChanged;
        }
        else if (_given == Id)
        {
            // The frame renders again while a new address is on its way; only another conversation opens one.
            return;
        }

        // Until it is open, what still happens to the one before gives no address.
        (_given, _named, _again) = (Id, true, null);
        ConversationId? wanted = ConversationId.TryParse(Id, null, out var parsed) ? parsed : null;
        _opened = null;
        _missing = Id is not null && wanted is null || !await _state.OpenAsync(wanted, _closed.Token);
        _named = false;
        if (wanted is null && Prompt is { Length: > 0 } prompt)
        {
            _notice = await _state.TakePromptAsync($"prompt:{prompt}", _closed.Token);
        }

        _loaded = true;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        // The page that is not there yet, or not at all, has nothing to type into; the one that comes after it is another element.
        if (_state is null || _missing || _page.Id is null || _page.Id == _edited)
        {
            return;
        }

        _edited = _page.Id;
        await PageScripts.EndAsync(_scripts);
        var self = DotNetObjectReference.Create(this);
        _scripts = new PageScripts(Js, $"/{Assets["prompt.js"]}", self);
        await _scripts.BeginAsync("edit", _page, self);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        if (_state is not null)
        {
            _state.Changed -= StateChanged;
            await _state.DisposeAsync();
        }

        await PageScripts.EndAsync(_scripts);

        _closed.Dispose();
    }

    private async Task<Result<PromptContent>> FindPromptAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken) =>
        (await PromptStore.ResolveAsync(workspace, reference.Name, reference.Detail, cancellationToken)).Match<Result<PromptContent>>(found => found.Content, error => error);

    private void StateChanged() => _ = InvokeAsync(async () =>
    {
        // The first message, or what was drafted, gave the conversation its address: a reload finds it there.
        if (_state?.Chat.Conversation is { } conversation && _given is null && !_named && !_closed.IsCancellationRequested)
        {
            _named = true;
            await _state.ReadPastAsync(_closed.Token);
            Navigation.NavigateTo(Scope.Url($"playground/{conversation.Id}"), replace: true);
        }

        StateHasChanged();
    });

    private Task RegenerateAsync(ChatSetup with)
    {
        var column = _again!;
        _again = null;
        return _state!.RegenerateAsync(column, _closed.Token, with);
    }

    private async Task DeleteAsync(ConversationId id)
    {
        if (await _state!.DeleteAsync(id, _closed.Token))
        {
            Navigation.NavigateTo(Scope.Url("playground"));
        }
    }
}
