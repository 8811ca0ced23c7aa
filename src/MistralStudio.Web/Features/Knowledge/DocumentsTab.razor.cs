using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval;
using MistralStudio.Web.Components;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Documents of a base with their states; files are dropped on it or chosen, and go by HTTP.</summary>
public sealed partial class DocumentsTab : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private ElementReference _zone;
    private ElementReference _uploads;
    private PageScripts? _scripts;
    private IJSObjectReference? _intake;
    private SourcesState? _sources;
    private SourceKind? _adding;
    private ElementReference _pasted;
    private string _pastedName = "";
    private bool _pasting;

    [Inject] public required IJSRuntime Js { get; set; }

    [Inject] public required AntiforgeryStateProvider Antiforgery { get; set; }

    [Inject] public required IOptions<AntiforgeryOptions> AntiforgeryOptions { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    [Parameter, EditorRequired] public required KnowledgeBaseState State { get; set; }

    /// <summary>True while a dialog over it says what went wrong.</summary>
    [Parameter] public bool IsCovered { get; set; }

    [Inject] public required IOptions<KnowledgeOptions> Limits { get; set; }

    [Inject] public required IKnowledgeSources Sources { get; set; }

    [Inject] public required TimeProvider Clock { get; set; }

    /// <summary>Why a file of this size is not sent at all; the server would say the same after it arrived.</summary>
    [JSInvokable]
    public UploadRefusal RefusalOf(long bytes)
    {
        var error = KnowledgeErrors.DocumentTooLarge(bytes, Limits.Value.MaxDocumentBytes);
        return new UploadRefusal(error.Message, error.Next, error.Code);
    }

    /// <summary>A file arrived whole.</summary>
    [JSInvokable]
    public async Task UploadedAsync()
    {
        await State.RefreshAsync(_stop.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await PageScripts.EndAsync(_scripts);

        _stop.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_sources is null && State.Base is { } knowledge)
        {
            _sources = new SourcesState(Sources, Scope.Caller, knowledge.Id, Clock);
        }
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        _ = WatchAsync();
        if (!State.MayWrite || State.Base is not { } knowledge)
        {
            return;
        }

        var self = DotNetObjectReference.Create(this);
        _scripts = new PageScripts(Js, $"/{Assets["upload.js"]}", self);
        var headers = UploadHeaders.Of(Scope.Slug, Antiforgery, AntiforgeryOptions);

        _intake = await _scripts.BeginAsync(
            "intake", _zone, _uploads, $"/api/knowledge-bases/{knowledge.Id}/documents", headers, Limits.Value.MaxDocumentBytes,
            new { cancel = L["Cancel"].Value, lost = L["Upload.Lost"].Value, lostNext = L["Upload.LostNext"].Value, close = W["Close"].Value }, self);
    }

    // The text goes the way of files: by HTTP, never over the circuit.
    private async Task PasteAsync()
    {
        var name = _pastedName.Trim() is { Length: > 0 } given ? given : L["Add.TextUnnamed"].Value;
        if (_intake is not null && await _intake.InvokeAsync<bool>("paste", _pasted, $"{name}.md"))
        {
            (_pasting, _pastedName) = (false, "");
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            await State.WatchAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            // the tab was left
        }
        catch (Exception broken)
        {
            await DispatchExceptionAsync(broken);
        }
    }
}

/// <summary>Why a file was not sent, in the shape of the problem that the server answers with.</summary>
public sealed record UploadRefusal(string Detail, string Next, string Code);
