namespace MistralStudio.Inference.Engine;

/// <summary>Decisions of the engine over plain data.</summary>
internal static class StepPlan
{
    /// <summary>Prompt tokens computed in one step while nobody waits for a token: larger is faster.</summary>
    public const int Chunk = 128;

    /// <summary>Prompt tokens computed in one step while others decode, before anything was measured.</summary>
    public const int ChunkBesideDecoding = 32;

    /// <summary>
    /// A turn with a chunk in it may take this many times a decode step. Those who read along see their tokens come that much slower while a
    /// prompt is read beside them; a smaller number slows the reading of prompts.
    /// </summary>
    public const double MostSlowdown = 8;

    /// <summary>A shorter common beginning costs more to copy than to compute.</summary>
    public const int LeastReuse = 16;

    // A step has a cost of its own: what is below reads a prompt at little more than half the speed.
    private const int LeastChunk = 24;
    private const int ChunkStep = 8;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    /// <summary>How many prompt tokens the next step computes.</summary>
    /// <param name="fixedLengths">
    /// True where the answer must be the same in any company, and the decoder's rounding differs with a chunk's length.
    /// </param>
    /// <param name="decodeMs">What a decode step took lately; 0 where unknown.</param>
    /// <param name="prefillMsPerToken">What a prompt token took lately; 0 where unknown.</param>
    public static int ChunkOf(int left, bool othersDecode, bool fixedLengths, double decodeMs = 0, double prefillMsPerToken = 0)
    {
        if (!othersDecode || fixedLengths)
        {
            return Math.Min(left, Chunk);
        }

        if (decodeMs <= 0 || prefillMsPerToken <= 0)
        {
            return Math.Min(left, ChunkBesideDecoding);
        }

        var affordable = (int)Math.Min(Chunk, (MostSlowdown - 1) * decodeMs / prefillMsPerToken);
        return Math.Min(left, Math.Max(LeastChunk, affordable / ChunkStep * ChunkStep));
    }

    /// <summary>Tokens of a cached sequence that a prompt can start from; at least one token of the prompt is computed, for its logits.</summary>
    public static int Reusable(ReadOnlySpan<int> cached, ReadOnlySpan<int> prompt)
    {
        var common = Math.Min(cached.CommonPrefixLength(prompt), prompt.Length - 1);
        return common >= LeastReuse ? common : 0;
    }

    /// <summary>True where a prompt goes on with (almost) all of a cached sequence, which is then moved rather than copied: a chat's next turn.</summary>
    public static bool Continues(int reused, int cached) => reused > 0 && cached - reused <= Math.Max(LeastReuse, cached / 10);

    /// <summary>How long the loop rests after failures without a step that worked between: none after the first, then ever longer, up to 5 s.</summary>
    public static TimeSpan PauseAfter(int failures) =>
        failures <= 1 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(s_longestPause.Ticks, s_firstPause.Ticks << Math.Min(failures - 2, 10)));
}
