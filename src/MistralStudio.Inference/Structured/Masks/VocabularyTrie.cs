using System.Runtime.CompilerServices;
using MistralStudio.Inference.Structured.Automata;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// The tokens of a vocabulary as a tree of their bytes: what many tokens begin with is followed through an automaton once. Nodes lie in the
/// order of a walk, so that a walk reads memory from front to back. Immutable, one for each tokenizer.
/// </summary>
/// <remarks>
/// A control token is no text: its path is <see cref="ControlMark"/> and its name. No text holds that byte, so only a grammar that asks for
/// the token itself (<see cref="OutputGrammar.Control"/>) ever allows it.
/// </remarks>
internal sealed class VocabularyTrie
{
    /// <summary>The byte before a control token's name: one that UTF-8 never has.</summary>
    public const byte ControlMark = 0xFF;

    private static readonly ConditionalWeakTable<Vocabulary, VocabularyTrie> s_known = [];

    private readonly byte[] _labels;
    private readonly int[] _ends;
    private readonly int[] _tokens;
    private readonly int[] _nextSame;
    private readonly ConditionalWeakTable<ByteDfa, TerminalTable> _tables = [];

    private VocabularyTrie(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        var texts = Enumerable.Range(0, vocabulary.Count).Where(token => vocabulary.Bytes(token).Length > 0).ToArray();
        Array.Sort(texts, (a, b) => vocabulary.IsControl(a) == vocabulary.IsControl(b)
            ? vocabulary.Bytes(a).SequenceCompareTo(vocabulary.Bytes(b))
            : Path(a).SequenceCompareTo(Path(b)));
        var labels = new List<byte> { 0 };
        var tokens = new List<int> { -1 };
        var ends = new List<int> { 0 };
        var path = new List<int> { 0 };
        _nextSame = new int[vocabulary.Count];
        Array.Fill(_nextSame, -1);
        byte[] previous = [];
        foreach (var token in texts)
        {
            var bytes = Path(token);
            var shared = bytes.CommonPrefixLength(previous);
            Close(shared);
            foreach (var value in bytes[shared..])
            {
                path.Add(labels.Count);
                labels.Add(value);
                tokens.Add(-1);
                ends.Add(0);
            }

            // Two tokens may be the same bytes; the later one leads to the earlier.
            _nextSame[token] = tokens[path[^1]];
            tokens[path[^1]] = token;
            previous = bytes.ToArray();
            LongestToken = Math.Max(LongestToken, vocabulary.IsControl(token) ? 1 : bytes.Length);
        }

        Close(-1);
        (_labels, _tokens, _ends) = ([.. labels], [.. tokens], [.. ends]);

        void Close(int depth)
        {
            for (; path.Count > depth + 1; path.RemoveAt(path.Count - 1))
            {
                ends[path[^1]] = labels.Count;
            }
        }
    }

    public Vocabulary Vocabulary { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int LongestToken { get; }

    /// <summary>Number of nodes; the first is the root.</summary>
    public int Nodes => _labels.Length;

    /// <summary>The tree of a vocabulary; made once.</summary>
    public static VocabularyTrie Of(Vocabulary vocabulary) => s_known.GetValue(vocabulary, static known => new VocabularyTrie(known));

    /// <summary>The byte that leads to a node.</summary>
    public byte Label(int node) => _labels[node];

    /// <summary>The node behind a node's descendants: children are <c>node + 1</c>, its end, that one's end, and so on up to here.</summary>
    public int End(int node) => _ends[node];

    public bool HasChildren(int node) => node + 1 < _ends[node];

    /// <summary>A token that ends in a node, or -1.</summary>
    public int Token(int node) => _tokens[node];

    /// <summary>The bytes that lead to a token.</summary>
    public ReadOnlySpan<byte> Path(int token) =>
        Vocabulary.IsControl(token) ? (byte[])[ControlMark, .. Vocabulary.Bytes(token)] : Vocabulary.Bytes(token);

    /// <summary>Another token of the same bytes, or -1.</summary>
    public int NextSame(int token) => _nextSame[token];

    /// <summary>The child for a byte, or -1.</summary>
    public int Child(int node, byte value)
    {
        for (var child = node + 1; child < _ends[node]; child = _ends[child])
        {
            if (_labels[child] == value)
            {
                return child;
            }
        }

        return -1;
    }

    /// <summary>What is known of an automaton over this vocabulary; shared by every grammar that has the automaton.</summary>
    public TerminalTable Table(ByteDfa automaton, Witness witness) =>
        _tables.TryGetValue(automaton, out var known) ? known : _tables.GetValue(automaton, _ => new TerminalTable(automaton, witness, null, this));

    /// <summary>The fewest tokens that spell a text; <see cref="Cost.Never"/> where none do.</summary>
    public int TokensOf(ReadOnlySpan<byte> text)
    {
        var fewest = new int[text.Length + 1];
        for (var at = text.Length - 1; at >= 0; at--)
        {
            fewest[at] = Cost.Never;
            var node = 0;
            for (var end = at; end < text.Length && (node = Child(node, text[end])) >= 0; end++)
            {
                if (_tokens[node] >= 0)
                {
                    fewest[at] = Math.Min(fewest[at], Cost.Add(1, fewest[end + 1]));
                }
            }
        }

        return fewest[0];
    }
}

/// <summary>Numbers of tokens that stop at "there is no way".</summary>
internal static class Cost
{
    public const int Never = int.MaxValue / 4;

    public static int Add(int a, int b) => Math.Min(a + b, Never);

    public static int Times(int count, int cost) => (int)Math.Min((long)count * cost, Never);

    public static int Of(long bytes) => (int)Math.Min(bytes, Never);
}
