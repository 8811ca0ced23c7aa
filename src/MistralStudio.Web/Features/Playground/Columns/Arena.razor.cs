using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>The conversations on screen. Of a long one the end is drawn, and what stands before it as the reader scrolls up.</summary>
public sealed partial class Arena
{
    // What fills a high screen, and what one step of scrolling up adds: few enough that no frame is missed for it.
    private const int AtFirst = 16;
    private const int AStep = 12;

    private IReadOnlyList<PlaygroundTurn> _rows = [];
    private ConversationId? _shown;
    private int _from;

    [Parameter, EditorRequired] public required PlaygroundState State { get; set; }

    /// <summary>What else the head of a column has.</summary>
    [Parameter] public RenderFragment<PlaygroundColumn>? HeadExtra { get; set; }

    /// <summary>A column is to be answered again with other settings.</summary>
    [Parameter] public EventCallback<PlaygroundColumn> OnAgain { get; set; }

    // What cannot be asked with these images, said before anything is sent.
    private IEnumerable<string> Blind => State.Columns
        .Select((column, i) => (Column: column, Place: i))
        .Where(found => State.FindBlind(found.Column) is not null)
        .Select(found => State.Columns.Count == 1
            ? L["Images.Blind", State.ModelOf(found.Column)!.Name].Value
            : L["Images.BlindIn", ColumnHead.Letter(found.Place), State.IsBlind ? L["Blind.Hidden"].Value : State.ModelOf(found.Column)!.Name].Value);

    /// <summary>The reader came near the first turn that is drawn; completes when those before it are.</summary>
    [JSInvokable]
    public Task EarlierAsync()
    {
        _from = Math.Max(0, _from - AStep);
        StateHasChanged();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task<bool> SendAsync(string text) => State.SendAsync(text, Closed);

    /// <inheritdoc/>
    protected override void Stop() => State.StopAll();

    /// <inheritdoc/>
    protected override void Forget() => State.ForgetErrors();

    /// <inheritdoc/>
    protected override ChatEntry? Find(MessageId id) => State.Columns.SelectMany(column => column.Chat.Thread).FirstOrDefault(entry => entry.Id == id);

    /// <inheritdoc/>
    protected override void Leave() => State.Changed -= Render;

    /// <inheritdoc/>
    protected override void OnInitialized() => State.Changed += Render;

    /// <inheritdoc/>
    protected override void OnParametersSet() => Line();

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
