using System.Runtime.InteropServices;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>A nondeterministic automaton over bytes in the making; what comes out of it is deterministic, trimmed and small.</summary>
internal sealed class ByteNfa(WorkLimit work)
{
    private readonly List<List<Edge>> _edges = [];
    private readonly List<List<int>> _empty = [];
    private readonly List<int> _tags = [];

    public int Count => _tags.Count;

    public int AddState()
    {
        work.Spend(1);
        _edges.Add([]);
        _empty.Add([]);
        _tags.Add(ByteDfa.Dead);
        return _tags.Count - 1;
    }

    /// <summary>A transition on every byte from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public void Add(int from, byte low, byte high, int to)
    {
        work.Spend(1);
        _edges[from].Add(new Edge(low, high, to));
    }

    /// <summary>A path that spells some bytes; returns its last state.</summary>
    public int AddText(int from, ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
        {
            var next = AddState();
            Add(from, value, value, next);
            from = next;
        }

        return from;
    }

    /// <summary>A transition without a byte.</summary>
    public void AddEmpty(int from, int to) => _empty[from].Add(to);

    /// <summary>A text ends here.</summary>
    public void Accept(int state, int tag) => _tags[state] = tag;

    /// <summary>Copies an automaton's transitions onto states that were added for it.</summary>
    public void AddCopy(ByteDfa source, int offset, Func<int, int> tag)
    {
        for (var state = 0; state < source.Count; state++)
        {
            var value = 0;
            while (value < 256)
            {
                var next = source.Next(state, (byte)value);
                var low = value;
                while (value < 256 && source.Next(state, (byte)value) == next)
                {
                    value++;
                }

                if (next != ByteDfa.Dead)
                {
                    Add(offset + state, (byte)low, (byte)(value - 1), offset + next);
                }
            }

            if (source.Tag(state) >= 0 && tag(source.Tag(state)) is var kept && kept >= 0)
            {
                Accept(offset + state, kept);
            }
        }
    }

    /// <summary>The deterministic automaton of the same texts (subset construction), without states that lead nowhere or are alike.</summary>
    /// <exception cref="SchemaException">It is too large.</exception>
    public ByteDfa Determinise(int start)
    {
        var (classOf, classes) = ByteClasses();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var subsets = new List<int[]>();
        var next = new List<int>();
        var mark = new int[Count];
        var round = 0;
        Number([start]);
        for (var from = 0; from < subsets.Count; from++)
        {
            var targets = new List<int>?[classes];
            foreach (var state in subsets[from])
            {
                foreach (var edge in _edges[state])
                {
                    for (int byteClass = classOf[edge.Low]; byteClass <= classOf[edge.High]; byteClass++)
                    {
                        (targets[byteClass] ??= []).Add(edge.To);
                        work.Spend(1);
                    }
                }
            }

            for (var byteClass = 0; byteClass < classes; byteClass++)
            {
                if (targets[byteClass] is { } reached)
                {
                    next[(from * classes) + byteClass] = Number(reached);
                }
            }
        }

        var tags = subsets.Select(subset => subset.Select(state => _tags[state]).Where(tag => tag >= 0).DefaultIfEmpty(ByteDfa.Dead).Min()).ToArray();
        return DfaReduction.Reduce(classOf, classes, CollectionsMarshal.AsSpan(next).ToArray(), tags, work);

        int Number(List<int> states)
        {
            var closed = Close(states, mark, ++round);
            var key = Key(closed);
            if (!numbers.TryGetValue(key, out var number))
            {
                work.AddStates(1);
                work.Spend(classes);
                number = numbers[key] = subsets.Count;
                subsets.Add(closed);
                next.AddRange(Enumerable.Repeat(ByteDfa.Dead, classes));
            }

            return number;
        }
    }

    private int[] Close(List<int> states, int[] mark, int round)
    {
        var closed = new List<int>(states.Count);
        var open = new Stack<int>(states);
        while (open.TryPop(out var state))
        {
            if (mark[state] == round)
            {
                continue;
            }

            mark[state] = round;
            closed.Add(state);
            foreach (var to in _empty[state])
            {
                open.Push(to);
            }
        }

        work.Spend(closed.Count);
        closed.Sort();
        return [.. closed];
    }

    // Bytes between two neighbouring ends of edges are one class; classes are ordered like their bytes.
    private (byte[] ClassOf, int Classes) ByteClasses()
    {
        var cut = new bool[257];
        cut[0] = true;
        foreach (var edge in _edges.SelectMany(list => list))
        {
            cut[edge.Low] = true;
            cut[edge.High + 1] = true;
        }

        var classOf = new byte[256];
        var classes = 0;
        for (var value = 0; value < 256; value++)
        {
            classes += cut[value] ? 1 : 0;
            classOf[value] = (byte)(classes - 1);
        }

        return (classOf, classes);
    }

    private static string Key(int[] states) => string.Create(states.Length * 2, states, static (chars, from) =>
    {
        for (var i = 0; i < from.Length; i++)
        {
            chars[2 * i] = (char)from[i];
            chars[(2 * i) + 1] = (char)(from[i] >> 16);
        }
    });

    private readonly record struct Edge(byte Low, byte High, int To);
}
