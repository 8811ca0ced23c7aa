namespace MistralStudio.Retrieval.Sources;

/// <summary>When a folder that changes is read: once it was quiet for a while, and in any case after some time. Pure.</summary>
/// <param name="First">When the first change that was not read yet was seen.</param>
/// <param name="Last">When the last one was.</param>
internal readonly record struct Debounce(DateTimeOffset First, DateTimeOffset Last)
{
    // Who copies a hundred files wants one reading of them.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    // A file that is written to all the time must not keep the others out.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>When it is due.</summary>
    public DateTimeOffset DueAt => Last + s_quiet < First + s_longest ? Last + s_quiet : First + s_longest;

    /// <summary>After a change.</summary>
    public static Debounce After(Debounce? before, DateTimeOffset now) => new(before?.First ?? now, now);
}
