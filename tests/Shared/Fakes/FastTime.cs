using System.Diagnostics;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>A clock on which a thousand seconds go by in one, with its timers: what waits until a minute from now waits for sixty milliseconds.</summary>
public sealed class FastTime : TimeProvider
{
    private const int Times = 1000;

    private readonly DateTimeOffset _began = System.GetUtcNow();
    private readonly long _from = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _began + (Stopwatch.GetElapsedTime(_from) * Times);

    /// <inheritdoc/>
    public override long GetTimestamp() => (Stopwatch.GetTimestamp() - _from) * Times;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Sooner(dueTime), Sooner(period));

    private static TimeSpan Sooner(TimeSpan time) => time > TimeSpan.Zero ? time / Times : time;
}
