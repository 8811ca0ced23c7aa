using MistralStudio.Inference.Structured.Automata;
using MistralStudio.Inference.Structured.Grammars;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// Finds the tokens that a set of readings allows, with what the answer needs after each: a walk of the vocabulary's tree and the pushdown
/// automaton together. Inside a terminal it starts from the terminal's table and walks only what leaves it. One instance a walk.
/// </summary>
internal sealed class MaskBuilder(GrammarMachine machine)
{
    [ThreadStatic]
    private static int[]? s_costs;

    private readonly VocabularyTrie _trie = machine.Trie;
    private readonly Stack<List<Reading>> _lists = new();
    private int[] _costs = [];

    public StateMask Build(ReadOnlySpan<Reading> readings)
    {
        var count = _trie.Vocabulary.Count;
        _costs = s_costs?.Length == count ? s_costs : s_costs = new int[count];
        Array.Fill(_costs, Cost.Never);
        var before = Cost.Never;
        foreach (var reading in readings)
        {
            before = Math.Min(before, machine.Cost(reading));
            var waiting = Take();
            machine.Expand(reading, waiting);
            foreach (var one in waiting)
            {
                WalkAll(one);
            }

            Return(waiting);
        }

        return new StateMask(_costs, before);
    }

    private void WalkAll(in Reading reading)
    {
        switch (reading.Frame?.Node)
        {
            case TerminalNode terminal:
                FromTable(machine.Costs.Table(terminal), terminal.Automaton, reading);
                break;
            case KeyNode keys:
                FromTable(machine.Costs.Table(keys), keys.Automaton, reading);
                break;
            default:
                WalkWaiting(0, reading);
                break;
        }
    }

    private void FromTable(TerminalTable table, ByteDfa automaton, in Reading reading)
    {
        var tokens = table.Of(reading.State);
        foreach (var (cost, set) in tokens.Inside)
        {
            set.Lower(_costs, Cost.Add(cost, reading.Frame!.Rest));
        }

        foreach (var (node, state) in tokens.Exits)
        {
            Walk(node, GrammarMachine.Leave(reading.Frame!, automaton.Tag(state)));
        }
    }

    private void Walk(int node, in Reading reading)
    {
        if (reading.Frame is null)
        {
            return;
        }

        var waiting = Take();
        machine.Expand(reading, waiting);
        foreach (var one in waiting)
        {
            WalkWaiting(node, one);
        }

        Return(waiting);
    }

    private void WalkWaiting(int node, in Reading reading)
    {
        switch (reading.Frame?.Node)
        {
            case null:
                break;
            case TerminalNode terminal:
                WalkTerminal(node, reading.Frame, reading.State, terminal.Automaton, machine.Costs.Table(terminal));
                break;
            case KeyNode keys:
                WalkTerminal(node, reading.Frame, reading.State, keys.Automaton, machine.Costs.Table(keys));
                break;
            case CountedStringNode counted:
                WalkCounted(node, reading, counted, reading.Count + CountedStringNode.LongestStep);
                break;
            default:
                var end = _trie.End(node);
                for (var child = node + 1; child < end; child = _trie.End(child))
                {
                    if (machine.TryStep(reading, _trie.Label(child), out var next))
                    {
                        Arrive(child, next);
                    }
                }

                break;
        }
    }

    private void WalkTerminal(int node, Frame frame, int state, ByteDfa automaton, TerminalTable table)
    {
        var end = _trie.End(node);
        for (var child = node + 1; child < end; child = _trie.End(child))
        {
            var next = automaton.Next(state, _trie.Label(child));
            if (next == ByteDfa.Dead)
            {
                continue;
            }

            Record(child, Cost.Add(table.Cost(next), frame.Rest));
            if (_trie.HasChildren(child))
            {
                if (automaton.IsAccepting(next))
                {
                    Walk(child, GrammarMachine.Leave(frame, automaton.Tag(next)));
                }

                WalkTerminal(child, frame, next, automaton, table);
            }
        }
    }

    private void WalkCounted(int node, in Reading reading, CountedStringNode counted, int mostCount)
    {
        var end = _trie.End(node);
        for (var child = node + 1; child < end; child = _trie.End(child))
        {
            var (state, count) = counted.Next(reading.State, reading.Count, _trie.Label(child));
            if (state == ByteDfa.Dead || count > mostCount)
            {
                continue;
            }

            if (AnyString.Automaton.IsFinal(state))
            {
                Arrive(child, GrammarMachine.Leave(reading.Frame!, 0));
                continue;
            }

            var next = new Reading(reading.Frame, state, count);
            Record(child, machine.Cost(next));
            if (_trie.HasChildren(child))
            {
                WalkCounted(child, next, counted, mostCount);
            }
        }
    }

    private void Arrive(int node, in Reading reading)
    {
        Record(node, machine.Cost(reading));
        if (_trie.HasChildren(node))
        {
            Walk(node, reading);
        }
    }

    private void Record(int node, int cost)
    {
        for (var token = cost < Cost.Never ? _trie.Token(node) : -1; token >= 0; token = _trie.NextSame(token))
        {
            _costs[token] = Math.Min(_costs[token], cost);
        }
    }

    private List<Reading> Take() => _lists.TryPop(out var list) ? list : new List<Reading>(8);

    private void Return(List<Reading> list)
    {
        list.Clear();
        _lists.Push(list);
    }
}
