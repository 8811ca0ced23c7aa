using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Hosting;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A run on a page: read, followed while it goes on, and shown anew no more often than a person can see.</summary>
/// <param name="invoke">Does something where the page is drawn.</param>
/// <param name="changed">Something is different that is shown.</param>
public sealed class RunWatch(RunPageServices services, Caller caller, TimeProvider clock, Func<Func<Task>, Task> invoke, Action changed) : IDisposable
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private bool _isDue;

    /// <summary>The run.</summary>
    public RunViewState State { get; } = new(services, caller);

    /// <summary>Reads the run; false where there is none that the caller may see or decide about.</summary>
    /// <param name="follows">True where what happens to it is shown from then on.</param>
    public async Task<bool> OpenAsync(RunId id, bool follows)
    {
        if (!await State.LoadAsync(id, _stop.Token))
        {
            return false;
        }

        if (follows)
        {
            _ = FollowAsync(_stop.Token);
        }

        return true;
    }

    // What happens faster than a person can see is shown together.
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var notice in State.FollowAsync(cancellationToken))
            {
                await invoke(() => State.ApplyAsync(notice, cancellationToken));
                if (!_isDue && notice is not RunNotice.Quiet)
                {
                    _isDue = true;
                    _ = ShowSoonAsync(cancellationToken);
                }
            }

            await WatchEndAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // the page was left
        }
    }

    // A run that has ended can be deleted, with its flow, by somebody else.
    private async Task WatchEndAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (await State.LookAsync(cancellationToken))
            {
                await invoke(() =>
                {
                    changed();
                    return Task.CompletedTask;
                });
                return;
            }
        }
    }

    private async Task ShowSoonAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(s_pace, clock, cancellationToken);
            await invoke(async () =>
            {
                _isDue = false;
                await State.RefreshAsync(cancellationToken);
                changed();
            });
        }
        catch (OperationCanceledException)
        {
            _isDue = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
