namespace MistralStudio.Web.Features.Chat;

/// <summary>
/// Renders the answers of one circuit that grew, all of them in one batch and at most 25 times a second, however many columns stream. The view
/// that comes first renders, and while it does so the others ask to be rendered: what is asked for inside a batch becomes part of it.
/// </summary>
public sealed class AnswerBeat : IDisposable
{
    private readonly RenderPace _pace;
    private readonly Lock _gate = new();
    private readonly List<MessageView> _due = [];

    public AnswerBeat(TimeProvider clock) => _pace = new RenderPace(clock, Beat);

    /// <summary>A view's answer grew; from any thread.</summary>
    internal void Grown(MessageView view)
    {
        lock (_gate)
        {
            if (!_due.Contains(view))
            {
                _due.Add(view);
            }
        }

        _pace.Signal();
    }

    /// <summary>The view is gone.</summary>
    internal void Leave(MessageView view)
    {
        lock (_gate)
        {
            _due.Remove(view);
        }
    }

    /// <summary>Called by a view while it renders: brings the others that are due into the same batch.</summary>
    internal void Join(MessageView rendering)
    {
        while (Take(rendering) is { } next)
        {
            next.Refresh();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pace.Dispose();

    private void Beat()
    {
        if (Take(null) is { } first)
        {
            first.Render();
        }
    }

    private MessageView? Take(MessageView? except)
    {
        lock (_gate)
        {
            _due.RemoveAll(view => view == except);
            if (_due is not [var next, ..])
            {
                return null;
            }

            _due.RemoveAt(0);
            return next;
        }
    }
}
