using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Components;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>The conversations on screen. Of a long one the end is drawn, and what stands before it as the reader scrolls up.</summary>
public sealed partial class Arena : IAsyncDisposable
{
    // What fills a high screen, and what one step of scrolling up adds: few enough that no frame is missed for it.
    private const int AtFirst = 16;
    private const int AStep = 12;

    private readonly CancellationTokenSource _closed = new();
    private ElementReference _turns;
    private ElementReference _box;
    private IJSObjectReference? _module;
    private IJSObjectReference? _follow;
    private IJSObjectReference? _composer;
    private DotNetObjectReference<Arena>? _self;
    private IReadOnlyList<PlaygroundTurn> _rows = [];
    private ConversationId? _shown;
    private int _from;

    [Inject] public required IJSRuntime Js { get; set; }

    [Parameter, EditorRequired] public required PlaygroundState State { get; set; }

    [Parameter, EditorRequired] public required string Placeholder { get; set; }

    /// <summary>Letters beside a question.</summary>
    [Parameter] public string Initials { get; set; } = "";

    /// <summary>What stands there before the first question.</summary>
    [Parameter] public RenderFragment? Before { get; set; }

    /// <summary>What stands between the turns and the field: files of the conversation.</summary>
    [Parameter] public RenderFragment? Above { get; set; }

    /// <summary>What else the head of a column has.</summary>
    [Parameter] public RenderFragment<PlaygroundColumn>? HeadExtra { get; set; }

    /// <summary>A citation mark was opened.</summary>
    [Parameter] public EventCallback<OpenedCitation> OnCitation { get; set; }

    /// <summary>A column is to be answered again with other settings.</summary>
    [Parameter] public EventCallback<PlaygroundColumn> OnAgain { get; set; }

    // What cannot be asked with these images, said before anything is sent.
    private IEnumerable<string> Blind => State.Columns
        .Select((column, i) => (Column: column, Place: i))
        .Where(found => State.FindBlind(found.Column) is not null)
        .Select(found => State.Columns.Count == 1
            ? L["Images.Blind", State.ModelOf(found.Column)!.Name].Value
            : L["Images.BlindIn", ColumnHead.Letter(found.Place), State.IsBlind ? L["Blind.Hidden"].Value : State.ModelOf(found.Column)!.Name].Value);

    /// <summary>Sends what is in the field; false keeps it there.</summary>
    [JSInvokable]
    public Task<bool> SendFromFieldAsync(string text) => State.SendAsync(text, _closed.Token);

    /// <summary>Escape was pressed.</summary>
    [JSInvokable]
    public void StopFromField() => State.StopAll();

    /// <summary>Something was typed since a message was refused.</summary>
    [JSInvokable]
    public void ForgetError() => State.ForgetErrors();

    /// <summary>The reader came near the first turn that is drawn; completes when those before it are.</summary>
    [JSInvokable]
    public Task EarlierAsync()
    {
        _from = Math.Max(0, _from - AStep);
        StateHasChanged();
        return Task.CompletedTask;
    }

    /// <summary>A mark was pressed.</summary>
    [JSInvokable]
    public async Task OpenCitationAsync(string message, int marker)
    {
        if (MessageId.TryParse(message, null, out var id) && State.Columns.SelectMany(column => column.Chat.Thread).FirstOrDefault(entry => entry.Id == id) is { } entry)
        {
            await OnCitation.InvokeAsync(new OpenedCitation(entry, marker));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        State.Changed -= Render;
        await _closed.CancelAsync();
        _self?.Dispose();
        await PageScripts.EndAsync(_module, _follow, _composer);

        _closed.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => State.Changed += Render;

    /// <inheritdoc/>
    protected override void OnParametersSet() => Line();

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

    private void Render() => _ = InvokeAsync(() =>
    {
        Line();
        StateHasChanged();
    });

    private void Line()
    {
        _rows = State.Turns;
        if (_shown != State.Chat.Conversation?.Id || _from > _rows.Count - 1)
        {
            (_shown, _from) = (State.Chat.Conversation?.Id, Math.Max(0, _rows.Count - AtFirst));
        }
    }
}
