namespace MistralStudio.Inference.Engine;

/// <summary>Decisions of the engine over plain data.</summary>
internal static class StepPlan
{
    /// <summary>Prompt tokens computed in one step while nobody waits for a token: larger is faster.</summary>
    public const int Chunk = 128;

    /// <summary>Prompt tokens computed in one step while others decode: smaller lets them wait less.</summary>
    public const int ChunkBesideDecoding = 32;

    // A shorter common beginning costs more to copy than to compute.
    private const int LeastReuse = 16;

    /// <summary>How many prompt tokens the next step computes.</summary>
    /// <param name="fixedLengths">
    /// True where the answer must be the same in any company, and the decoder's rounding differs with a chunk's length.
    /// </param>
    public static int ChunkOf(int left, bool othersDecode, bool fixedLengths) =>
        Math.Min(left, othersDecode && !fixedLengths ? ChunkBesideDecoding : Chunk);

    /// <summary>Tokens of a cached sequence that a prompt can start from; at least one token of the prompt is computed, for its logits.</summary>
    public static int Reusable(ReadOnlySpan<int> cached, ReadOnlySpan<int> prompt)
    {
        var common = Math.Min(cached.CommonPrefixLength(prompt), prompt.Length - 1);
        return common >= LeastReuse ? common : 0;
    }

    /// <summary>The slot with the longest reusable beginning; -1 where none has one.</summary>
    public static (int Slot, int Tokens) BestReuse(IReadOnlyList<IReadOnlyList<int>> cached, int[] prompt)
    {
        var best = (Slot: -1, Tokens: 0);
        for (var slot = 0; slot < cached.Count; slot++)
        {
            var tokens = Reusable([.. cached[slot].Take(prompt.Length)], prompt);
            if (tokens > best.Tokens)
            {
                best = (slot, tokens);
            }
        }

        return best;
    }
}
