using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Components;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Playground.Images;

/// <summary>
/// Takes images that are pasted, dropped or chosen, by HTTP, and puts each into the tray of the message that it belongs to. What the browser says
/// of an image is never believed: the server tells what it kept.
/// </summary>
public sealed partial class ImageIntake : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private PageScripts? _scripts;

    [Inject] public required IJSRuntime Js { get; set; }

    [Inject] public required AntiforgeryStateProvider Antiforgery { get; set; }

    [Inject] public required IOptions<AntiforgeryOptions> AntiforgeryOptions { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    [Parameter, EditorRequired] public required PlaygroundState State { get; set; }

    /// <summary>What images are dropped on and pasted into; asked for when it is there.</summary>
    [Parameter, EditorRequired] public required Func<ElementReference> Zone { get; set; }

    /// <summary>One is to be sent: where to; null where it is not taken.</summary>
    /// <param name="message">The question that is being edited, or the message of the prompt; empty for the next question.</param>
    [JSInvokable]
    public async Task<string?> BeginAsync(string message, string name, long bytes)
    {
        var tray = TrayOf(message);
        if (ImageTray.KeyOf(message) is { } key && State.Draft.Find(key) is { Role: not MessageRole.User })
        {
            tray.Refuse(PromptErrors.ImageNotOfUser());
            return null;
        }

        if (bytes > ImageRules.MostBytes)
        {
            tray.Refuse(ImageErrors.TooLarge(name));
            return null;
        }

        if (!tray.Begin(name))
        {
            return null;
        }

        if (await State.Chat.BeginAsync(name, _closed.Token) is { } lead)
        {
            return $"/api/conversations/{lead}/images?name={Uri.EscapeDataString(name)}";
        }

        tray.End(name, ImageErrors.Gone());
        return null;
    }

    /// <summary>One arrived.</summary>
    [JSInvokable]
    public async Task AddedAsync(string message, string name, string sha256) => TrayOf(message).End(name, await State.FindImageAsync(sha256, name, _closed.Token));

    /// <summary>The server refused one, or it was lost on the way.</summary>
    [JSInvokable]
    public void Refused(string message, string name, string? what, string? next, string? code) =>
        TrayOf(message).End(name, new Error(code ?? "image.lost", what ?? L["Images.Lost"], next ?? (what is null ? L["Images.LostNext"] : "")));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await PageScripts.EndAsync(_scripts);

        _closed.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender)
        {
            return;
        }

        var self = DotNetObjectReference.Create(this);
        _scripts = new PageScripts(Js, $"/{Assets["images.js"]}", self);
        var headers = UploadHeaders.Of(Scope.Slug, Antiforgery, AntiforgeryOptions);

        await _scripts.BeginAsync("intake", Zone(), headers, ImageShape.Accepted, L["Images.Pasted"].Value, self);
    }

    private ImageTray TrayOf(string message) =>
        ImageTray.KeyOf(message) is { } key && State.Draft.Find(key) is { } drafted ? drafted.Images : State.ImagesOf(MessageId.TryParse(message, null, out var id) ? id : null);
}
