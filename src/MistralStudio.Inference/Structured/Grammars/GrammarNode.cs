using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>
/// A part of a grammar: a set of texts. Nodes refer to each other, also in circles (a recursive schema); together they are a pushdown
/// automaton whose stack is what is still open.
/// </summary>
internal abstract class GrammarNode
{
    /// <summary>Its number in the grammar; set when the grammar is whole.</summary>
    public int Id { get; set; } = -1;

    /// <summary>Length of the shortest text, bytes; <see cref="Witness.Never"/> where there is none.</summary>
    public long MinBytes { get; private set; } = Witness.Never;

    /// <summary>Arrays and objects inside one another that no text can do without.</summary>
    public int MinDepth { get; private set; } = int.MaxValue;

    public bool IsEmpty => MinBytes >= Witness.Never;

    /// <summary>The nodes that it refers to.</summary>
    public abstract IEnumerable<GrammarNode> Children { get; }

    /// <summary>Measures again from what its children are known to be; true where something got less.</summary>
    public bool Measure()
    {
        var (bytes, depth) = (Math.Min(MeasureBytes(), Witness.Never), MeasureDepth());
        var less = bytes < MinBytes || depth < MinDepth;
        MinBytes = bytes;
        MinDepth = depth;
        return less;
    }

    protected abstract long MeasureBytes();

    protected abstract int MeasureDepth();

    protected static long Add(long a, long b) => Math.Min(a + b, Witness.Never);

    protected static long Times(long count, long bytes) =>
        count == 0 ? 0 : bytes >= Witness.Never / count ? Witness.Never : count * bytes;
}

/// <summary>Texts of a finite automaton.</summary>
internal sealed class TerminalNode(ByteDfa automaton) : GrammarNode
{
    public ByteDfa Automaton { get; } = automaton;

    public Witness Witness { get; } = new(automaton);

    public override IEnumerable<GrammarNode> Children => [];

    protected override long MeasureBytes() => Automaton.IsEmpty ? Witness.Never : Witness.Bytes(0);

    protected override int MeasureDepth() => 0;
}

/// <summary>Any JSON string of so many characters. They are counted beside the automaton: a million of them are as small as one.</summary>
internal sealed class CountedStringNode(int least, int most) : GrammarNode
{
    /// <summary>Characters of one token at most, so that what a token may be hangs on the count only near its ends.</summary>
    public const int LongestStep = 24;

    private static readonly int s_body = AnyString.Automaton.Next(0, (byte)'"');

    public int Least { get; } = least;

    /// <summary><see cref="int.MaxValue"/> for any number.</summary>
    public int Most { get; } = most;

    public override IEnumerable<GrammarNode> Children => [];

    /// <summary>The state after a byte, with the characters written; <see cref="ByteDfa.Dead"/> where the byte is not allowed.</summary>
    public (int State, int Count) Next(int state, int count, byte value)
    {
        if (state == s_body && (value == '"' ? count < Least : count >= Most))
        {
            return (ByteDfa.Dead, count);
        }

        var next = AnyString.Automaton.Next(state, value);
        return (next, next == s_body && state != 0 ? count + 1 : count);
    }

    /// <summary>Bytes to the closing quote.</summary>
    public long BytesToEnd(int state, int count)
    {
        // A character that has begun counts once it is whole.
        var inside = state != 0 && state != s_body && !AnyString.Automaton.IsFinal(state) ? 1 : 0;
        return AnyString.Witness.Bytes(state) + Math.Max(0, Least - count - inside);
    }

    protected override long MeasureBytes() => Least > Most ? Witness.Never : 2L + Least;

    protected override int MeasureDepth() => 0;
}

/// <summary>One of several.</summary>
internal sealed class ChoiceNode(IReadOnlyList<GrammarNode> options) : GrammarNode
{
    public IReadOnlyList<GrammarNode> Options { get; } = options;

    public override IEnumerable<GrammarNode> Children => Options;

    protected override long MeasureBytes() => Options.Select(option => option.MinBytes).DefaultIfEmpty(Witness.Never).Min();

    protected override int MeasureDepth() => Options.Select(option => option.MinDepth).DefaultIfEmpty(int.MaxValue).Min();
}

/// <summary>One after another.</summary>
internal sealed class SequenceNode(IReadOnlyList<GrammarNode> parts) : GrammarNode
{
    public IReadOnlyList<GrammarNode> Parts { get; } = parts;

    public override IEnumerable<GrammarNode> Children => Parts;

    protected override long MeasureBytes() => Parts.Aggregate(0L, (sum, part) => Add(sum, part.MinBytes));

    protected override int MeasureDepth() => Parts.Select(part => part.MinDepth).DefaultIfEmpty(0).Max();
}

/// <summary>A node that is known by name before it is built, as recursion needs.</summary>
internal sealed class RuleNode : GrammarNode
{
    public GrammarNode? Body { get; set; }

    public override IEnumerable<GrammarNode> Children => Body is null ? [] : [Body];

    protected override long MeasureBytes() => Body?.MinBytes ?? Witness.Never;

    protected override int MeasureDepth() => Body?.MinDepth ?? int.MaxValue;
}
