namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// What a rendering may cost. A template comes from a model file that anybody may have written, so it can neither hang nor fill memory: work is
/// counted in steps and characters, which gives the same answer on a busy machine as on an idle one; a second of the clock is the last resort.
/// </summary>
internal sealed class RenderBudget
{
    /// <summary>Steps of a rendering; an ordinary core does so many in about 50 ms.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>Bytes of text and lists that a rendering makes, all together.</summary>
    public const int MostBytes = 16 << 20;

    /// <summary>Characters of a prompt.</summary>
    public const int MostOutput = 1 << 20;

    private const int StepsBetweenClocks = 4096;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private readonly long _deadline = Environment.TickCount64 + (long)s_longest.TotalMilliseconds;
    private int _steps;
    private long _bytes;

    /// <summary>Steps taken.</summary>
    public int Steps => _steps;

    /// <summary>One step of work.</summary>
    /// <exception cref="JinjaException">The rendering works for too long.</exception>
    public void Step()
    {
        if (++_steps > MostSteps || (_steps % StepsBetweenClocks == 0 && Environment.TickCount64 > _deadline))
        {
            throw new JinjaException(JinjaFailure.Forbidden, "it works for longer than 50 ms");
        }
    }

    /// <summary>Characters of text that are about to be made or looked through.</summary>
    /// <exception cref="JinjaException">The rendering makes more than 16 MiB.</exception>
    public void Spend(long characters) => Take(characters * sizeof(char), characters / 64);

    /// <summary>Entries of a list that is about to be made.</summary>
    /// <exception cref="JinjaException">The rendering makes more than 16 MiB.</exception>
    public void SpendEntries(long entries) => Take((entries * 16) + 32, entries / 16);

    private void Take(long bytes, long steps)
    {
        _bytes += bytes;
        if (_bytes > MostBytes)
        {
            throw new JinjaException(JinjaFailure.Forbidden, "it needs more than 16 MiB of memory");
        }

        _steps += (int)steps;
        Step();
    }
}
