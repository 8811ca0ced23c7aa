using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Features.Chat;

/// <summary>A conversation on screen: its turns and the field below. Draws one <see cref="ChatState"/>; ends it with the page.</summary>
public sealed partial class ChatPane : IAsyncDisposable
{
    // What may not fit its box and scrolls in it: reachable by keyboard.
    private const int LongText = 500;

    private readonly CancellationTokenSource _closed = new();
    private ElementReference _turns;
    private ElementReference _box;
    private IJSObjectReference? _module;
    private IJSObjectReference? _follow;
    private IJSObjectReference? _composer;
    private DotNetObjectReference<ChatPane>? _self;
    private ChatState? _subscribed;

    [Inject] public required IJSRuntime Js { get; set; }

    [Parameter, EditorRequired] public required ChatState Chat { get; set; }

    [Parameter, EditorRequired] public required string Placeholder { get; set; }

    /// <summary>Letters beside a question, where questions are not bubbles.</summary>
    [Parameter] public string Initials { get; set; } = "";

    /// <summary>True for the look of chat apps; false for the playground's.</summary>
    [Parameter] public bool Talk { get; set; }

    /// <summary>Shows tokens and times under answers.</summary>
    [Parameter] public bool Numbers { get; set; }

    /// <summary>What stands above the first message.</summary>
    [Parameter] public RenderFragment? Before { get; set; }

    /// <summary>What stands between the turns and the field: files of the conversation.</summary>
    [Parameter] public RenderFragment? Above { get; set; }

    /// <summary>Other ways to make the last answer again.</summary>
    [Parameter] public RenderFragment? Again { get; set; }

    /// <summary>What stands below the field.</summary>
    [Parameter] public RenderFragment? Foot { get; set; }

    /// <summary>A citation mark was opened.</summary>
    [Parameter] public EventCallback<OpenedCitation> OnCitation { get; set; }

    /// <summary>Sends what is in the field; false keeps it there.</summary>
    [JSInvokable]
    public Task<bool> SendFromFieldAsync(string text) => Chat.SendAsync(text, _closed.Token);

    /// <summary>Escape was pressed.</summary>
    [JSInvokable]
    public void StopFromField() => Chat.Stop();

    /// <summary>Something was typed since a message was refused.</summary>
    [JSInvokable]
    public void ForgetError() => Chat.ForgetError();

    /// <summary>A mark was pressed.</summary>
    [JSInvokable]
    public async Task OpenCitationAsync(string message, int marker)
    {
        if (MessageId.TryParse(message, null, out var id) && Chat.Thread.FirstOrDefault(entry => entry.Id == id) is { } entry)
        {
            await OnCitation.InvokeAsync(new OpenedCitation(entry, marker));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_subscribed is not null)
        {
            _subscribed.Changed -= Render;
        }

        await _closed.CancelAsync();
        _self?.Dispose();
        await PageScripts.EndAsync(_module, _follow, _composer);

        _closed.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_subscribed == Chat)
        {
            return;
        }

        if (_subscribed is not null)
        {
            _subscribed.Changed -= Render;
        }

        _subscribed = Chat;
        Chat.Changed += Render;
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        try
        {
            _self = DotNetObjectReference.Create(this);
            _module = await Js.InvokeAsync<IJSObjectReference>("import", $"/{Assets["chat.js"]}");
            _follow = await _module.InvokeAsync<IJSObjectReference>("follow", _turns, _box, _self);
            _composer = await _module.InvokeAsync<IJSObjectReference>("composer", _box, _self);
        }
        catch (Exception left) when (left is JSDisconnectedException or ObjectDisposedException or OperationCanceledException)
        {
            // the page was left before it was ready
        }
    }

    private void Render() => _ = InvokeAsync(StateHasChanged);

    private Task RegenerateAsync() => Chat.RegenerateAsync(_closed.Token);
}

/// <summary>Which mark of which answer was opened.</summary>
public sealed record OpenedCitation(ChatEntry Entry, int Marker);
