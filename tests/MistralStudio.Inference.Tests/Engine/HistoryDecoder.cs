using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Tests.Engine;

/// <summary>
/// A decoder whose next token depends on every token that its slot holds, and on nothing else: a slot that was mixed up, or a token that was
/// computed twice, writes another text. Checks that it is told positions as they are.
/// </summary>
internal sealed class HistoryDecoder(int slots, int capacity, int vocabulary) : IDecoder
{
    private readonly int[][] _held = [.. Enumerable.Range(0, slots).Select(_ => new int[capacity])];

    /// <summary>Called before each step with its number, from 1.</summary>
    public Action<int> BeforeStep { get; set; } = _ => { };

    public int Slots => slots;

    public int Capacity => capacity;

    public bool IsBatchInvariant => true;

    public long MemoryBytes => 0;

    /// <summary>Calls that computed something.</summary>
    public int Steps { get; private set; }

    /// <summary>Prompt tokens that were computed.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Rows of the largest decode step.</summary>
    public int MostRows { get; private set; }

    /// <summary>Times that what steps share was given up.</summary>
    public int Resets { get; private set; }

    /// <summary>Logit of the vocabulary's last token, which ends a turn: as it is, only a mask lets it be drawn.</summary>
    public float EndLogit { get; init; } = -50;

    public Span<float> Prefill(int slot, ReadOnlySpan<int> tokens, int position, bool wantLogits)
    {
        Step();
        PromptTokens += tokens.Length;
        tokens.CopyTo(_held[slot].AsSpan(position));
        return wantLogits ? Logits(slot, position + tokens.Length) : [];
    }

    public Span<float> Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions)
    {
        Step();
        MostRows = Math.Max(MostRows, tokens.Length);
        var logits = new float[tokens.Length * vocabulary];
        for (var row = 0; row < tokens.Length; row++)
        {
            _held[row][positions[row]] = tokens[row];
            Logits(row, positions[row] + 1).CopyTo(logits.AsSpan(row * vocabulary));
        }

        return logits;
    }

    public void Copy(int from, int to, int length) => _held[from].AsSpan(0, length).CopyTo(_held[to]);

    public void Swap(int first, int firstLength, int second, int secondLength)
    {
        var kept = _held[first].ToArray();
        _held[second].AsSpan(0, secondLength).CopyTo(_held[first]);
        kept.AsSpan(0, firstLength).CopyTo(_held[second]);
    }

    public void Reset()
    {
        Resets++;
        foreach (var held in _held)
        {
            held.AsSpan().Fill(-1);
        }
    }

    public void Dispose()
    {
    }

    private void Step() => BeforeStep(++Steps);

    private float[] Logits(int slot, int length)
    {
        var hash = 14695981039346656037UL;
        foreach (var token in _held[slot].AsSpan(0, length))
        {
            hash = (hash ^ (uint)token) * 1099511628211UL;
        }

        var logits = new float[vocabulary];
        for (var token = 0; token < vocabulary; token++)
        {
            var mixed = (hash ^ (ulong)(token * 7919)) * 0x9E3779B97F4A7C15;
            logits[token] = (mixed >> 40) * (4f / (1 << 24));
        }

        logits[^1] = EndLogit;
        return logits;
    }
}
