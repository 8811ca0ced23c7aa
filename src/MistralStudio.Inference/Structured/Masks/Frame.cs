using System.Runtime.CompilerServices;
using MistralStudio.Inference.Structured.Grammars;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// One open part of an answer and, by its parent, everything around it: a cell of the pushdown automaton's stack. Immutable and shared, so
/// that a copy of a state costs nothing.
/// </summary>
internal sealed class Frame
{
    private readonly int _hash;

    /// <param name="returnState">State of the parent once this part is done.</param>
    /// <param name="rest">Tokens that close everything around, once this part is done.</param>
    /// <param name="blurred">The return count, without what no single token can tell apart.</param>
    public Frame(GrammarNode node, Frame? parent, int returnState, int returnCount, int blurred, int depth, int rest)
    {
        Node = node;
        Parent = parent;
        ReturnState = returnState;
        ReturnCount = returnCount;
        Blurred = blurred;
        Depth = depth;
        Rest = rest;
        _hash = HashCode.Combine(RuntimeHelpers.GetHashCode(node), parent?._hash, returnState, blurred);
    }

    public GrammarNode Node { get; }

    public Frame? Parent { get; }

    public int ReturnState { get; }

    public int ReturnCount { get; }

    public int Blurred { get; }

    /// <summary>Arrays and objects around and including this.</summary>
    public int Depth { get; }

    public int Rest { get; }

    public override int GetHashCode() => _hash;

    /// <summary>
    /// True where two stacks are the same; counts that no single token can tell apart are (<paramref name="exactly"/>: are not) the same.
    /// </summary>
    public static bool Same(Frame? a, Frame? b, bool exactly)
    {
        while (!ReferenceEquals(a, b))
        {
            if (a is null || b is null || a._hash != b._hash || a.Node != b.Node || a.ReturnState != b.ReturnState
                || a.Blurred != b.Blurred || (exactly && a.ReturnCount != b.ReturnCount))
            {
                return false;
            }

            (a, b) = (a.Parent, b.Parent);
        }

        return true;
    }
}

/// <summary>
/// One way to read what was written so far: the innermost open part, where in it, and how many items or characters it has. No frame: the
/// answer is done.
/// </summary>
internal readonly record struct Reading(Frame? Frame, int State, int Count);
