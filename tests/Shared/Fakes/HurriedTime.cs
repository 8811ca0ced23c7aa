namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>The machine's clock with timers that come a thousand times sooner: what waits ten seconds waits ten milliseconds.</summary>
public sealed class HurriedTime : TimeProvider
{
    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Sooner(dueTime), Sooner(period));

    private static TimeSpan Sooner(TimeSpan time) => time > TimeSpan.Zero ? time / 1000 : time;
}
