namespace MistralStudio.Inference.Decoders;

/// <summary>
/// A decoder and the caches of its conversations. A slot is one conversation's keys and values; rows that decode together are slots
/// <c>0 .. rows - 1</c>. Not safe for use from two threads: the engine's loop owns it.
/// </summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Number of slots.</summary>
    int Slots { get; }

    /// <summary>Positions of a slot.</summary>
    int Capacity { get; }

    /// <summary>
    /// True where a position's state is the same bits in whatever batch and chunk it was computed, so that a reused beginning changes no answer.
    /// </summary>
    bool IsBatchInvariant { get; }

    /// <summary>Bytes that weights and caches take at most.</summary>
    long MemoryBytes { get; }

    /// <summary>Bytes that weights and caches take now: of the caches what conversations have filled. Can be read from any thread.</summary>
    long TouchedBytes => MemoryBytes;

    /// <summary>
    /// Appends tokens to one slot at a position. Returns the logits after the last one, valid until the next call; empty where
    /// <paramref name="wantLogits"/> is false.
    /// </summary>
    Span<float> Prefill(int slot, ReadOnlySpan<int> tokens, int position, bool wantLogits);

    /// <summary>
    /// Appends one token to each of the slots <c>0 .. tokens.Length - 1</c>. Returns logits <c>[rows, vocabulary]</c>, valid until the next call.
    /// </summary>
    Span<float> Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions);

    /// <summary>Copies the first <paramref name="length"/> positions of a slot into another one.</summary>
    void Copy(int from, int to, int length);

    /// <summary>Exchanges two slots as far as they are filled.</summary>
    void Swap(int first, int firstLength, int second, int secondLength);

    /// <summary>After a step that failed: gives up what steps share but for the weights. What the slots hold is not used any more.</summary>
    void Reset()
    {
    }
}
