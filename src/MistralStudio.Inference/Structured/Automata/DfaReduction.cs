using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>
/// Makes an automaton small: states that lead to no end go, states that no text tells apart become one (Moore's partition refinement).
/// Fewer states are fewer token masks.
/// </summary>
internal static class DfaReduction
{
    // Refinement takes as many rounds as the longest text that tells two states apart: beyond this it does not pay.
    private const int MostRounds = 64;

    public static ByteDfa Reduce(byte[] classOf, int classes, int[] next, int[] tags, WorkLimit work)
    {
        var alive = Alive(classes, next, tags);
        if (tags.Length == 0 || !alive[0])
        {
            return new ByteDfa(new byte[256], 1, [], []);
        }

        for (var i = 0; i < next.Length; i++)
        {
            next[i] = next[i] != ByteDfa.Dead && alive[next[i]] ? next[i] : ByteDfa.Dead;
        }

        var (block, blocks) = Refine(classes, next, tags, alive, work);
        return Merge(classOf, classes, next, tags, block, blocks);
    }

    private static bool[] Alive(int classes, int[] next, int[] tags)
    {
        var before = new List<int>?[tags.Length];
        for (var i = 0; i < next.Length; i++)
        {
            if (next[i] != ByteDfa.Dead)
            {
                (before[next[i]] ??= []).Add(i / classes);
            }
        }

        var alive = new bool[tags.Length];
        var open = new Stack<int>();
        for (var state = 0; state < tags.Length; state++)
        {
            if (tags[state] >= 0)
            {
                open.Push(state);
            }
        }

        while (open.TryPop(out var state))
        {
            if (!alive[state])
            {
                alive[state] = true;
                before[state]?.ForEach(open.Push);
            }
        }

        return alive;
    }

    private static (int[] Block, int Blocks) Refine(int classes, int[] next, int[] tags, bool[] alive, WorkLimit work)
    {
        var block = new int[tags.Length];
        var blocks = 0;
        var byTag = new Dictionary<int, int>();
        for (var state = 0; state < tags.Length; state++)
        {
            block[state] = alive[state] ? byTag.TryGetValue(tags[state], out var known) ? known : byTag[tags[state]] = blocks++ : -1;
        }

        for (var round = 0; round < MostRounds; round++)
        {
            var numbers = new Dictionary<Signature, int>();
            var refined = new int[tags.Length];
            for (var state = 0; state < tags.Length; state++)
            {
                if (!alive[state])
                {
                    refined[state] = -1;
                    continue;
                }

                work.Spend(classes);
                var signature = new Signature(block, next, state, classes);
                refined[state] = numbers.TryGetValue(signature, out var known) ? known : numbers[signature] = numbers.Count;
            }

            var stable = numbers.Count == blocks;
            block = refined;
            blocks = numbers.Count;
            if (stable)
            {
                return (block, blocks);
            }
        }

        // Not refined to the end: what looks alike may differ, so every state stays itself.
        blocks = 0;
        for (var state = 0; state < tags.Length; state++)
        {
            block[state] = alive[state] ? blocks++ : -1;
        }

        return (block, blocks);
    }

    private static ByteDfa Merge(byte[] classOf, int classes, int[] next, int[] tags, int[] block, int blocks)
    {
        // Numbered in the order of a walk from the start, so that the start is the first; columns that are alike become one class.
        var number = new int[blocks];
        Array.Fill(number, -1);
        var order = new List<int> { 0 };
        number[block[0]] = 0;
        for (var i = 0; i < order.Count; i++)
        {
            for (var byteClass = 0; byteClass < classes; byteClass++)
            {
                var to = next[(order[i] * classes) + byteClass];
                if (to != ByteDfa.Dead && number[block[to]] < 0)
                {
                    number[block[to]] = order.Count;
                    order.Add(to);
                }
            }
        }

        var columnOf = new byte[classes];
        var kept = new List<int>();
        for (var byteClass = 0; byteClass < classes; byteClass++)
        {
            var known = kept.FindIndex(other => order.TrueForAll(state => Target(state, byteClass) == Target(state, other)));
            if (known < 0)
            {
                known = kept.Count;
                kept.Add(byteClass);
            }

            columnOf[byteClass] = (byte)known;
        }

        var merged = new int[order.Count * kept.Count];
        for (var i = 0; i < order.Count; i++)
        {
            for (var column = 0; column < kept.Count; column++)
            {
                merged[(i * kept.Count) + column] = Target(order[i], kept[column]);
            }
        }

        return new ByteDfa([.. classOf.Select(byteClass => columnOf[byteClass])], kept.Count, merged, [.. order.Select(state => tags[state])]);

        int Target(int state, int byteClass) => next[(state * classes) + byteClass] is var to && to == ByteDfa.Dead ? to : number[block[to]];
    }

    // A state as the refinement sees it: its block and the blocks behind its transitions.
    private readonly struct Signature(int[] block, int[] next, int state, int classes) : IEquatable<Signature>
    {
        private readonly int[] _block = block;
        private readonly int[] _next = next;
        private readonly int _state = state;
        private readonly int _classes = classes;

        public bool Equals(Signature other)
        {
            if (_block[_state] != other._block[other._state])
            {
                return false;
            }

            for (var i = 0; i < _classes; i++)
            {
                if (Behind(i) != other.Behind(i))
                {
                    return false;
                }
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is Signature other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(_block[_state]);
            for (var i = 0; i < _classes; i++)
            {
                hash.Add(Behind(i));
            }

            return hash.ToHashCode();
        }

        private int Behind(int byteClass)
        {
            var to = _next[(_state * _classes) + byteClass];
            return to == ByteDfa.Dead ? -1 : _block[to];
        }
    }
}
