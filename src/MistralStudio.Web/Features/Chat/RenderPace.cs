namespace MistralStudio.Web.Features.Chat;

/// <summary>Lets a signal through at most once an interval: at once when it was quiet, otherwise at the interval's end, never losing the last.</summary>
public sealed class RenderPace : IDisposable
{
    /// <summary>40 a second: a word waits half an interval for it, and a frame of the browser then.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private readonly TimeProvider _clock;
    private readonly Action _render;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private long _last;
    private bool _waiting;
    private bool _stopped;

    public RenderPace(TimeProvider clock, Action render)
    {
        _clock = clock;
        _render = render;
        _timer = clock.CreateTimer(_ => Elapsed(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something changed.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            if (_waiting || _stopped)
            {
                return;
            }

            var due = _last == 0 ? TimeSpan.Zero : Interval - _clock.GetElapsedTime(_last);
            if (due > TimeSpan.Zero)
            {
                _waiting = true;
                _timer.Change(due, Timeout.InfiniteTimeSpan);
                return;
            }

            _last = _clock.GetTimestamp();
        }

        _render();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
        }

        _timer.Dispose();
    }

    private void Elapsed()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _waiting = false;
            _last = _clock.GetTimestamp();
        }

        _render();
    }
}
