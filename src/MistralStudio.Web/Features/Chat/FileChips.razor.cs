using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval;
using MistralStudio.Web.Components;
using MistralStudio.Web.Features.Knowledge;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Chat;

/// <summary>Takes files that are dropped on a conversation or chosen, by HTTP, and shows what becomes of them.</summary>
public sealed partial class FileChips : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private ElementReference _uploads;
    private PageScripts? _scripts;

    [Inject] public required IJSRuntime Js { get; set; }

    [Inject] public required AntiforgeryStateProvider Antiforgery { get; set; }

    [Inject] public required IOptions<AntiforgeryOptions> AntiforgeryOptions { get; set; }

    [Inject] public required IOptions<KnowledgeOptions> Limits { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    [Parameter, EditorRequired] public required ChatState Chat { get; set; }

    /// <summary>What files are dropped on; asked for when it is there.</summary>
    [Parameter, EditorRequired] public required Func<ElementReference> Zone { get; set; }

    private ChatFiles Files => Chat.Files ?? throw new InvalidOperationException("This conversation takes no files.");

    private CancellationToken Stop => _closed.Token;

    /// <summary>Where the next file goes: into the conversation, which its first file begins.</summary>
    [JSInvokable]
    public async Task<string?> TargetAsync(string name)
    {
        if (await Chat.BeginAsync(name, Stop) is not { } conversation)
        {
            return null;
        }

        await Files.OpenAsync(conversation, Stop);
        return $"/api/conversations/{conversation}/files";
    }

    /// <summary>Why a file of this size is not sent at all; the server would say the same after it arrived.</summary>
    [JSInvokable]
    public UploadRefusal RefusalOf(long bytes)
    {
        var error = KnowledgeErrors.DocumentTooLarge(bytes, Limits.Value.MaxDocumentBytes);
        return new UploadRefusal(error.Message, error.Next, error.Code);
    }

    /// <summary>A file arrived whole.</summary>
    [JSInvokable]
    public Task UploadedAsync() => Files.RefreshAsync(Stop);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Files.Changed -= Render;
        await _closed.CancelAsync();
        await PageScripts.EndAsync(_scripts);

        _closed.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => Files.Changed += Render;

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        _ = WatchAsync();
        var self = DotNetObjectReference.Create(this);
        _scripts = new PageScripts(Js, $"/{Assets["upload.js"]}", self);
        var headers = UploadHeaders.Of(Scope.Slug, Antiforgery, AntiforgeryOptions);

        await _scripts.BeginAsync(
            "intake", Zone(), _uploads, null, headers, Limits.Value.MaxDocumentBytes,
            new { cancel = W["Cancel"].Value, lost = L["Files.Lost"].Value, lostNext = L["Files.LostNext"].Value, close = W["Close"].Value }, self);
    }

    private void Render() => _ = InvokeAsync(StateHasChanged);

    private async Task WatchAsync()
    {
        try
        {
            await Files.WatchAsync(Stop);
        }
        catch (OperationCanceledException)
        {
            // the page was left
        }
        catch (Exception broken)
        {
            await DispatchExceptionAsync(broken);
        }
    }
}
