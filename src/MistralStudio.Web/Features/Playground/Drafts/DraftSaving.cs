using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>How a draft stands with the store.</summary>
public enum SaveState
{
    /// <summary>Everything is kept.</summary>
    Saved,

    /// <summary>Something was changed and is about to be kept.</summary>
    Waiting,

    /// <summary>The last change could not be kept.</summary>
    Failed,
}

/// <summary>Saves what is worked on a moment after the last change, one save after the other, and at the latest when the page is left.</summary>
public sealed class DraftSaving : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(400);

    private readonly SemaphoreSlim _saving = new(1);
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private Func<CancellationToken, Task>? _next;

    public DraftSaving(TimeProvider clock, ILogger logger)
    {
        (_clock, _logger) = (clock, logger);
        _timer = _clock.CreateTimer(_ => _ = FlushAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised when <see cref="State"/> changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>Where it stands.</summary>
    public SaveState State { get; private set; }

    /// <summary>Something changed.</summary>
    /// <param name="save">Keeps what stands now; takes the place of what was still waiting.</param>
    public void Later(Func<CancellationToken, Task> save)
    {
        _next = save;
        Become(SaveState.Waiting);
        _timer.Change(s_pause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keeps at once what waits.</summary>
    public async Task FlushAsync()
    {
        await _saving.WaitAsync();
        try
        {
            if (Interlocked.Exchange(ref _next, null) is { } save)
            {
                // Not cancellable: the page may be gone, what was typed is not to be.
                await save(CancellationToken.None);
                if (_next is null)
                {
                    Become(SaveState.Saved);
                }
            }
        }
        catch (Exception fault)
        {
            _logger.MessageNotKept(fault);
            Become(SaveState.Failed);
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync();
        await _timer.DisposeAsync();
    }

    private void Become(SaveState state)
    {
        if (State != state)
        {
            State = state;
            Changed?.Invoke();
        }
    }
}
