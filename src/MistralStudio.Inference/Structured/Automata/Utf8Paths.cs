using System.Text;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>How characters are spelled in bytes.</summary>
internal enum Spelling
{
    /// <summary>UTF-8 as it is.</summary>
    Plain,

    /// <summary>
    /// Inside a JSON string, one spelling for each character: a quote, a backslash and control characters by their shortest escape
    /// (RFC 8259, section 7), everything else as UTF-8.
    /// </summary>
    JsonString,
}

/// <summary>
/// Lays automata over characters out over bytes. A range of characters is a few sequences of byte ranges (the utf8-ranges construction of
/// RE2 and Rust's regex); endings that are alike are shared.
/// </summary>
internal sealed class Utf8Paths(ByteNfa nfa, Spelling spelling)
{
    private static readonly (int First, int Last, int Bytes)[] s_lengths = [(0, 0x7F, 1), (0x80, 0x7FF, 2), (0x800, 0xFFFF, 3), (0x10000, 0x10FFFF, 4)];

    private readonly Dictionary<(UInt128 Ranges, int Target), int> _endings = [];

    /// <summary>The strings of an automaton as the content of a JSON string with its quotes.</summary>
    public static ByteDfa JsonString(CharDfa strings, WorkLimit work)
    {
        var nfa = new ByteNfa(work);
        var (start, end) = (nfa.AddState(), nfa.AddState());
        nfa.Accept(end, 0);
        var states = new Utf8Paths(nfa, Spelling.JsonString).Add(strings);
        nfa.Add(start, (byte)'"', (byte)'"', states[0]);
        for (var state = 0; state < strings.Count; state++)
        {
            if (strings.Tags[state] >= 0)
            {
                nfa.Add(states[state], (byte)'"', (byte)'"', end);
            }
        }

        return nfa.Determinise(start);
    }

    /// <summary>The strings of an automaton as they are.</summary>
    public static ByteDfa Plain(CharDfa strings, WorkLimit work)
    {
        var nfa = new ByteNfa(work);
        var states = new Utf8Paths(nfa, Spelling.Plain).Add(strings);
        for (var state = 0; state < strings.Count; state++)
        {
            if (strings.Tags[state] >= 0)
            {
                nfa.Accept(states[state], strings.Tags[state]);
            }
        }

        return nfa.Determinise(states[0]);
    }

    /// <summary>Adds an automaton's states and transitions, without ends; returns the state that stands for each of its states.</summary>
    public int[] Add(CharDfa strings)
    {
        var states = Enumerable.Range(0, strings.Count).Select(_ => nfa.AddState()).ToArray();
        var sets = strings.Alphabet.Sets();
        for (var state = 0; state < strings.Count; state++)
        {
            for (var charClass = 0; charClass < sets.Length; charClass++)
            {
                if (strings.Next(state, charClass) is var next and >= 0)
                {
                    Add(states[state], sets[charClass], states[next]);
                }
            }
        }

        return states;
    }

    /// <summary>Transitions on every character of a set.</summary>
    public void Add(int from, CharSet set, int to)
    {
        foreach (var (low, high) in set.Ranges)
        {
            if (spelling == Spelling.Plain)
            {
                AddRange(from, low, high, to);
                continue;
            }

            for (var rune = low; rune <= high && rune < 0x20; rune++)
            {
                AddPath(from, [.. Escape(rune).Select(value => (value, value))], to);
            }

            // Around the two that are escaped: space and !, # to [, ] and up.
            AddRange(from, Math.Max(low, 0x20), Math.Min(high, 0x21), to);
            AddRange(from, Math.Max(low, 0x23), Math.Min(high, 0x5B), to);
            AddRange(from, Math.Max(low, 0x5D), high, to);
            foreach (var escaped in "\"\\")
            {
                if (low <= escaped && escaped <= high)
                {
                    AddPath(from, [((byte)'\\', (byte)'\\'), ((byte)escaped, (byte)escaped)], to);
                }
            }
        }
    }

    private void AddRange(int from, int low, int high, int to)
    {
        foreach (var (first, last, bytes) in s_lengths)
        {
            var (a, b) = (Math.Max(low, first), Math.Min(high, last));
            if (a <= b)
            {
                Split(from, a, b, bytes, to);
            }
        }
    }

    // A range is one sequence of byte ranges where its first and last character differ only in bytes behind which everything is full.
    private void Split(int from, int low, int high, int bytes, int to)
    {
        for (var tail = 1; tail < bytes; tail++)
        {
            var mask = (1 << (6 * tail)) - 1;
            if ((low & ~mask) == (high & ~mask))
            {
                continue;
            }

            if ((low & mask) != 0)
            {
                Split(from, low, low | mask, bytes, to);
                Split(from, (low | mask) + 1, high, bytes, to);
                return;
            }

            if ((high & mask) != mask)
            {
                Split(from, low, (high & ~mask) - 1, bytes, to);
                Split(from, high & ~mask, high, bytes, to);
                return;
            }
        }

        Span<byte> first = stackalloc byte[4];
        Span<byte> last = stackalloc byte[4];
        var length = new Rune(low).EncodeToUtf8(first);
        new Rune(high).EncodeToUtf8(last);
        var path = new (byte Low, byte High)[length];
        for (var i = 0; i < length; i++)
        {
            path[i] = (first[i], last[i]);
        }

        AddPath(from, path, to);
    }

    private void AddPath(int from, (byte Low, byte High)[] path, int to)
    {
        // From the end: what is behind a byte range is known by the ranges that follow it (at most five after an escape's backslash).
        var key = UInt128.Zero;
        var behind = to;
        for (var i = path.Length - 1; i > 0; i--)
        {
            key = (key << 16) + (UInt128)(((uint)path[i].Low << 8) + path[i].High) + 1;
            if (!_endings.TryGetValue((key, to), out var state))
            {
                state = _endings[(key, to)] = nfa.AddState();
                nfa.Add(state, path[i].Low, path[i].High, behind);
            }

            behind = state;
        }

        nfa.Add(from, path[0].Low, path[0].High, behind);
    }

    /// <summary>A control character inside a JSON string.</summary>
    public static byte[] Escape(int rune) => rune switch
    {
        '\b' => "\\b"u8.ToArray(),
        '\t' => "\\t"u8.ToArray(),
        '\n' => "\\n"u8.ToArray(),
        '\f' => "\\f"u8.ToArray(),
        '\r' => "\\r"u8.ToArray(),
        _ => Encoding.ASCII.GetBytes($"\\u{rune:x4}"),
    };
}
