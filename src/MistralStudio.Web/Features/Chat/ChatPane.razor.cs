using Microsoft.AspNetCore.Components;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Chat;

/// <summary>One conversation on screen: its turns and the field below. Draws one <see cref="ChatState"/>; ends it with the page.</summary>
public sealed partial class ChatPane
{
    // What may not fit its box and scrolls in it: reachable by keyboard.
    private const int LongText = 500;

    private ChatState? _subscribed;

    [Parameter, EditorRequired] public required ChatState Chat { get; set; }

    /// <summary>True for the look of chat apps: questions are bubbles.</summary>
    [Parameter] public bool Talk { get; set; }

    /// <summary>Shows tokens and times under answers.</summary>
    [Parameter] public bool Numbers { get; set; }

    /// <summary>What stands below the field.</summary>
    [Parameter] public RenderFragment? Foot { get; set; }

    /// <inheritdoc/>
    protected override Task<bool> SendAsync(string text) => Chat.SendAsync(text, Closed);

    /// <inheritdoc/>
    protected override void Stop() => Chat.Stop();

    /// <inheritdoc/>
    protected override void Forget() => Chat.ForgetError();

    /// <inheritdoc/>
    protected override ChatEntry? Find(MessageId id) => Chat.Thread.FirstOrDefault(entry => entry.Id == id);

    /// <inheritdoc/>
    protected override void Leave()
    {
        if (_subscribed is not null)
        {
            _subscribed.Changed -= Render;
        }
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        if (_subscribed == Chat)
        {
            return;
        }

        Leave();
        _subscribed = Chat;
        Chat.Changed += Render;
    }

    private void Render() => _ = InvokeAsync(StateHasChanged);

    private Task RegenerateAsync() => Chat.RegenerateAsync(Closed);
}
