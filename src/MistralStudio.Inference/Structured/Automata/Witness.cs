namespace MistralStudio.Inference.Structured.Automata;

/// <summary>
/// The shortest way to an end from every state of an automaton, bytes: what an answer is closed with when its tokens run out.
/// </summary>
internal sealed class Witness
{
    /// <summary>Where there is no way.</summary>
    public const long Never = long.MaxValue / 4;

    private readonly long[] _bytes;
    private readonly short[] _step;

    /// <param name="behind">Bytes that still follow an end of a kind; null for none.</param>
    public Witness(ByteDfa automaton, Func<int, long>? behind = null)
    {
        _bytes = new long[automaton.Count];
        _step = new short[automaton.Count];
        Array.Fill(_bytes, Never);
        Array.Fill(_step, (short)-1);
        var open = new PriorityQueue<int, long>();
        for (var state = 0; state < automaton.Count; state++)
        {
            if (automaton.IsAccepting(state) && (behind?.Invoke(automaton.Tag(state)) ?? 0) is var follows and < Never)
            {
                _bytes[state] = follows;
                open.Enqueue(state, follows);
            }
        }

        var before = Before(automaton);
        while (open.TryDequeue(out var to, out var bytes))
        {
            if (bytes != _bytes[to])
            {
                continue;
            }

            foreach (var (from, value) in before[to] ?? [])
            {
                if (bytes + 1 < _bytes[from])
                {
                    _bytes[from] = bytes + 1;
                    _step[from] = value;
                    open.Enqueue(from, bytes + 1);
                }
            }
        }
    }

    /// <summary>Bytes to an end, with those that follow it; <see cref="Never"/> where there is none.</summary>
    public long Bytes(int state) => _bytes[state];

    /// <summary>The next byte on the way, or -1 where the end is here.</summary>
    public int Step(int state) => _step[state];

    // One byte for each pair of states: one that every vocabulary has, where there is a choice.
    private static List<(int From, byte Value)>?[] Before(ByteDfa automaton)
    {
        var preferred = new byte[automaton.Classes];
        for (var rank = 255; rank >= 0; rank--)
        {
            var value = Ranked(rank);
            preferred[automaton.ClassOf(value)] = value;
        }

        var before = new List<(int, byte)>?[automaton.Count];
        for (var state = 0; state < automaton.Count; state++)
        {
            for (var byteClass = 0; byteClass < automaton.Classes; byteClass++)
            {
                var next = automaton.NextOfClass(state, byteClass);
                if (next != ByteDfa.Dead)
                {
                    (before[next] ??= []).Add((state, preferred[byteClass]));
                }
            }
        }

        return before;
    }

    // Zero to nine, letters and the signs between them, then everything else.
    private static byte Ranked(int rank) => rank switch
    {
        < 10 => (byte)('0' + rank),
        < 79 => (byte)(':' + rank - 10),
        _ => (byte)(('~' + 1 + rank - 79) % 256),
    };
}
