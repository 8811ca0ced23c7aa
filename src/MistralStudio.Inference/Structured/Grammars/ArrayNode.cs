using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>A JSON array: the first items each by their own node, the rest by one; items are counted, never laid out.</summary>
internal sealed class ArrayNode(IReadOnlyList<GrammarNode> prefix, GrammarNode? rest, int least, int most) : GrammarNode
{
    public IReadOnlyList<GrammarNode> Prefix { get; } = prefix;

    /// <summary>Null where there are no more items than <see cref="Prefix"/>.</summary>
    public GrammarNode? Rest { get; } = rest;

    public int Least { get; } = least;

    /// <summary><see cref="int.MaxValue"/> for any number. Ends before the first item that no value can be.</summary>
    public int Most { get; private set; } = most;

    public override IEnumerable<GrammarNode> Children => Rest is null ? Prefix : Prefix.Append(Rest);

    public GrammarNode Item(int index) => index < Prefix.Count ? Prefix[index] : Rest!;

    /// <summary>Once everything is measured: no more items than can be written.</summary>
    public void Settle()
    {
        var writable = Prefix.TakeWhile(item => !item.IsEmpty).Count();
        if (writable < Prefix.Count || Rest is null || Rest.IsEmpty)
        {
            Most = Math.Min(Most, writable);
        }
    }

    protected override long MeasureBytes()
    {
        if (Least > Most || (Least > Prefix.Count && Rest is null))
        {
            return Witness.Never;
        }

        var own = Prefix.Take(Least).Aggregate(2L + Math.Max(0, Least - 1), (sum, item) => Add(sum, item.MinBytes));
        return Add(own, Times(Math.Max(0, Least - Prefix.Count), Rest?.MinBytes ?? 0));
    }

    protected override int MeasureDepth()
    {
        var deepest = Prefix.Take(Least).Select(item => item.MinDepth).DefaultIfEmpty(0).Max();
        deepest = Least > Prefix.Count ? Math.Max(deepest, Rest?.MinDepth ?? int.MaxValue) : deepest;
        return deepest == int.MaxValue ? deepest : deepest + 1;
    }
}
