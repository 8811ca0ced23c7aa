using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// A finite automaton over one vocabulary: how many tokens each state is from an end, and which tokens it can take. Tokens that stay inside
/// hang on nothing else and are found once for a state; where a token may leave the automaton is remembered as an exit, from which only the
/// rest of the token is followed through what encloses it.
/// </summary>
internal sealed class TerminalTable
{
    private readonly ByteDfa _automaton;
    private readonly VocabularyTrie _trie;
    private readonly int[] _costs;
    private readonly Tokens?[] _tokens;

    /// <param name="behind">Tokens that still follow an end of a kind; null for none.</param>
    public TerminalTable(ByteDfa automaton, Witness witness, Func<int, int>? behind, VocabularyTrie trie)
    {
        _automaton = automaton;
        _trie = trie;
        _tokens = new Tokens?[automaton.Count];
        _costs = new int[automaton.Count];
        Array.Fill(_costs, Masks.Cost.Never);
        foreach (var state in Enumerable.Range(0, automaton.Count).Where(state => witness.Bytes(state) < Witness.Never).OrderBy(witness.Bytes))
        {
            _costs[state] = witness.Step(state) < 0 ? behind?.Invoke(automaton.Tag(state)) ?? 0 : AlongWitness(state, witness);
        }
    }

    /// <summary>Tokens from a state to an end, with those that follow it: enough of them, as the witness is spelled with the fewest.</summary>
    public int Cost(int state) => _costs[state];

    /// <summary>The tokens that a state can take.</summary>
    public Tokens Of(int state)
    {
        if (Volatile.Read(ref _tokens[state]) is not { } known)
        {
            known = Find(state);
            Volatile.Write(ref _tokens[state], known);
        }

        return known;
    }

    private int AlongWitness(int state, Witness witness)
    {
        var fewest = Masks.Cost.Never;
        var (node, at) = (0, state);
        while (witness.Step(at) is var step and >= 0 && (node = _trie.Child(node, (byte)step)) >= 0)
        {
            at = _automaton.Next(at, (byte)step);
            if (_trie.Token(node) >= 0)
            {
                fewest = Math.Min(fewest, Masks.Cost.Add(1, _costs[at]));
            }
        }

        return fewest;
    }

    private Tokens Find(int state)
    {
        var byCost = new SortedDictionary<int, List<int>>();
        var exits = new List<(int Node, int State)>();
        Walk(0, state);
        return new Tokens([.. byCost.Select(group => (group.Key, new TokenSet(group.Value, _trie.Vocabulary.Count)))], [.. exits]);

        void Walk(int node, int from)
        {
            var end = _trie.End(node);
            for (var child = node + 1; child < end; child = _trie.End(child))
            {
                var to = _automaton.Next(from, _trie.Label(child));
                if (to == ByteDfa.Dead)
                {
                    continue;
                }

                if (_costs[to] < Masks.Cost.Never && _trie.Token(child) is var token and >= 0)
                {
                    if (!byCost.TryGetValue(_costs[to], out var group))
                    {
                        group = byCost[_costs[to]] = [];
                    }

                    for (; token >= 0; token = _trie.NextSame(token))
                    {
                        group.Add(token);
                    }
                }

                if (_trie.HasChildren(child))
                {
                    if (_automaton.IsAccepting(to))
                    {
                        exits.Add((child, to));
                    }

                    Walk(child, to);
                }
            }
        }
    }

    /// <param name="Inside">Tokens that stay inside, by the tokens that are needed after them.</param>
    /// <param name="Exits">Nodes of the vocabulary's tree where a text has ended and a token may go on.</param>
    internal sealed record Tokens((int Cost, TokenSet Tokens)[] Inside, (int Node, int State)[] Exits);
}
