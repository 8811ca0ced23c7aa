using System.Collections.Concurrent;
using MistralStudio.Inference.Structured.Grammars;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// How many tokens close an answer, from anywhere in it: of every part the tokens that spell its shortest text, punctuation one token each.
/// From every point some token leads to one that needs at least one token less, so that an answer with that many tokens left can be closed.
/// </summary>
internal sealed class GrammarCosts
{
    private readonly VocabularyTrie _trie;
    private readonly Dictionary<GrammarNode, int> _costs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ObjectNode, int[]> _after = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<TerminalNode, TerminalTable> _tables = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<KeyNode, TerminalTable> _keys = new();

    public GrammarCosts(IReadOnlyList<GrammarNode> nodes, VocabularyTrie trie)
    {
        _trie = trie;

        // What a part needs at least is shorter than the part: from the shortest up everything is known when it is asked for.
        foreach (var node in nodes.Where(node => !node.IsEmpty).OrderBy(node => node.MinBytes))
        {
            Of(node);
        }
    }

    /// <summary>Tokens of a part that has not begun.</summary>
    public int Of(GrammarNode node)
    {
        if (node.IsEmpty)
        {
            return Cost.Never;
        }

        if (!_costs.TryGetValue(node, out var cost))
        {
            cost = _costs[node] = Find(node);
        }

        return cost;
    }

    public TerminalTable Table(TerminalNode node) => _tables[node];

    public TerminalTable Table(KeyNode node) => _keys.GetOrAdd(node, keys => new TerminalTable(
        keys.Automaton, keys.Witness, key => Cost.Add(Of(keys.Owner.Value(key)), After(keys.Owner, keys.Owner.After(key))), _trie));

    /// <summary>Tokens from behind a value of an object to its closing brace.</summary>
    /// <param name="next">The first property that is neither written nor passed over.</param>
    public int After(ObjectNode node, int next) => _after[node][next];

    /// <summary>Tokens from before a key to the closing brace; a property must or will be written.</summary>
    public int FromKey(ObjectNode node, int next, int room) => node.Keys(next, room) is { } keys ? Table(keys).Cost(0) : Cost.Never;

    /// <summary>Tokens from before the first key.</summary>
    public int FromFirst(ObjectNode node) => node.CanClose(0) ? 1 : After(node, 0) - 1;

    /// <summary>Tokens from behind an item of an array to its closing bracket.</summary>
    /// <param name="count">Items that are written.</param>
    public int After(ArrayNode node, int count)
    {
        var cost = 1;
        for (var i = count; i < Math.Min(node.Least, node.Prefix.Count); i++)
        {
            cost = Cost.Add(cost, Cost.Add(1, Of(node.Prefix[i])));
        }

        var others = node.Least - Math.Max(count, node.Prefix.Count);
        return others > 0 ? Cost.Add(cost, Cost.Times(others, Cost.Add(1, Of(node.Rest!)))) : cost;
    }

    /// <summary>Tokens from before an item.</summary>
    public int FromItem(ArrayNode node, int count) => Cost.Add(Of(node.Item(count)), After(node, count + 1));

    private int Find(GrammarNode node)
    {
        switch (node)
        {
            case TerminalNode terminal:
                return (_tables[terminal] = _trie.Table(terminal.Automaton, terminal.Witness)).Cost(0);
            case CountedStringNode counted:
                return Cost.Of(counted.MinBytes);
            case RuleNode rule:
                return Of(rule.Body!);
            case ChoiceNode choice:
                return Of(choice.Options.First(option => option.MinBytes == choice.MinBytes));
            case SequenceNode sequence:
                return sequence.Parts.Aggregate(0, (sum, part) => Cost.Add(sum, Of(part)));
            case ArrayNode array:
                return array.Least == 0 ? 2 : Cost.Add(1, FromItem(array, 0));
            case ObjectNode owner:
                _after[owner] = AfterEach(owner);
                return Cost.Add(1, FromFirst(owner));
            default:
                throw new InvalidOperationException($"No cost for {node.GetType().Name}.");
        }
    }

    private int[] AfterEach(ObjectNode node)
    {
        var after = new int[node.Properties.Count + 1];
        after[^1] = 1;
        for (var i = node.Properties.Count - 1; i >= 0; i--)
        {
            after[i] = node.Properties[i].IsRequired
                ? Cost.Add(1 + _trie.TokensOf(node.Spelled(i)), Cost.Add(Of(node.Properties[i].Value), after[i + 1]))
                : after[i + 1];
        }

        return after;
    }
}
