namespace MistralStudio.Core.Batches;

/// <summary>Rows a second over the last moments, weighted so that a change of pace shows within half a minute.</summary>
/// <param name="PerSecond">Null before there is a pace.</param>
/// <param name="At">When it was last looked at.</param>
public sealed record BatchPace(double? PerSecond, DateTimeOffset At)
{
    private const double WindowSeconds = 10;

    /// <summary>The pace after some rows more.</summary>
    /// <param name="rows">Rows since the last look.</param>
    public BatchPace After(int rows, DateTimeOffset now)
    {
        var seconds = (now - At).TotalSeconds;
        if (seconds <= 0)
        {
            return this;
        }

        var weight = 1 - Math.Exp(-seconds / WindowSeconds);
        var present = rows / seconds;
        return new(PerSecond is { } before ? before + ((present - before) * weight) : present, now);
    }
}
