using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Features.Chat;

/// <summary>What conversations on screen have in common: turns that are followed as they grow, a field below them, and marks that open what was cited.</summary>
public abstract class ConversationView : ComponentBase, IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private PageScripts? _scripts;

    [Inject] public required IJSRuntime Js { get; set; }

    /// <summary>What stands in the empty field, and names it.</summary>
    [Parameter, EditorRequired] public required string Placeholder { get; set; }

    /// <summary>Letters beside a question, where questions are not bubbles.</summary>
    [Parameter] public string Initials { get; set; } = "";

    /// <summary>What stands before the first message.</summary>
    [Parameter] public RenderFragment? Before { get; set; }

    /// <summary>What stands between the turns and the field: files of the conversation.</summary>
    [Parameter] public RenderFragment? Above { get; set; }

    /// <summary>A citation mark was opened.</summary>
    [Parameter] public EventCallback<OpenedCitation> OnCitation { get; set; }

    /// <summary>The box of the turns.</summary>
    protected ElementReference Turns { get; set; }

    /// <summary>The box around the field.</summary>
    protected ElementReference Box { get; set; }

    /// <summary>Ends with the page.</summary>
    protected CancellationToken Closed => _closed.Token;

    /// <summary>Sends what is in the field; false keeps it there.</summary>
    [JSInvokable]
    public Task<bool> SendFromFieldAsync(string text) => SendAsync(text);

    /// <summary>Escape was pressed.</summary>
    [JSInvokable]
    public void StopFromField() => Stop();

    /// <summary>Something was typed since a message was refused.</summary>
    [JSInvokable]
    public void ForgetError() => Forget();

    /// <summary>A mark was pressed.</summary>
    [JSInvokable]
    public async Task OpenCitationAsync(string message, int marker)
    {
        if (MessageId.TryParse(message, null, out var id) && Find(id) is { } entry)
        {
            await OnCitation.InvokeAsync(new OpenedCitation(entry, marker));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Leave();
        await _closed.CancelAsync();
        await PageScripts.EndAsync(_scripts);
        _closed.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends a text; false where it was refused.</summary>
    protected abstract Task<bool> SendAsync(string text);

    /// <summary>Stops every answer that is on its way.</summary>
    protected abstract void Stop();

    /// <summary>Takes back what was said of a message that was refused.</summary>
    protected abstract void Forget();

    /// <summary>The message on screen with this id; null where there is none.</summary>
    protected abstract ChatEntry? Find(MessageId id);

    /// <summary>The page is left: nothing is drawn any more.</summary>
    protected abstract void Leave();

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        var self = DotNetObjectReference.Create(this);
        _scripts = new PageScripts(Js, $"/{Assets["chat.js"]}", self);
        await _scripts.BeginAsync("follow", Turns, Box, self);
        await _scripts.BeginAsync("composer", Box, self);
    }
}

/// <summary>Which mark of which answer was opened.</summary>
public sealed record OpenedCitation(ChatEntry Entry, int Marker);
