using MistralStudio.Inference.Structured.Automata;
using MistralStudio.Inference.Structured.Grammars;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// The pushdown automaton of a grammar for one vocabulary: how a reading goes on with a byte. It is nondeterministic only where the grammar
/// is (two object schemas that begin alike), so readings are few. Immutable and safe for any number of threads.
/// </summary>
internal sealed class GrammarMachine
{
    /// <summary>Arrays and objects inside one another: what JSON readers take by default.</summary>
    public const int MostDepth = 64;

    // Where in an array or object a reading is.
    private const int Open = 0;
    private const int First = 1;
    private const int AfterValue = 2;
    private const int AfterComma = 3;
    private const int BeforeValue = 4;
    private const int AfterKey = 5;
    private const int BeforeKey = 6;

    private readonly int _longest;

    /// <param name="spaced">The root behind a space.</param>
    public GrammarMachine(GrammarNode root, GrammarNode spaced, IReadOnlyList<GrammarNode> nodes, VocabularyTrie trie)
    {
        Trie = trie;
        _longest = trie.LongestToken;
        Costs = new GrammarCosts(nodes, trie);
        var start = new List<Reading>();
        Enter(root, null, 0, 0, start);
        Start = [.. start];
        StartOfText = Start;
        if (trie.Vocabulary.TextStartsWithSpace)
        {
            // SentencePiece puts a space before a text and takes it away again: written or not, it is no part of the answer. Where the answer
            // itself may begin with a space, only a second one is its own.
            var behindSpace = new List<Reading>();
            Enter(spaced, null, 0, 0, behindSpace);
            var waiting = new List<Reading>();
            start.ForEach(reading => Expand(reading, waiting));
            StartOfText = waiting.Exists(reading => TryStep(reading, (byte)' ', out _)) ? behindSpace : [.. start, .. behindSpace];
        }
    }

    public VocabularyTrie Trie { get; }

    public GrammarCosts Costs { get; }

    /// <summary>The readings of nothing, in the middle of a text.</summary>
    public IReadOnlyList<Reading> Start { get; }

    /// <summary>The readings of nothing where the text begins.</summary>
    public IReadOnlyList<Reading> StartOfText { get; }

    /// <summary>Tokens that close an answer which is read like this.</summary>
    public int Cost(in Reading reading)
    {
        if (reading.Frame is not { } frame)
        {
            return 0;
        }

        var own = frame.Node switch
        {
            TerminalNode terminal => Costs.Table(terminal).Cost(reading.State),
            KeyNode keys => Costs.Table(keys).Cost(reading.State),
            CountedStringNode counted => Masks.Cost.Of(counted.BytesToEnd(reading.State, reading.Count)),
            _ => Within(frame, reading.State, reading.Count),
        };
        return Masks.Cost.Add(own, frame.Rest);
    }

    /// <summary>
    /// The readings that wait for a byte, reached from one without a byte: inside the next value, or behind a part that may have ended. A
    /// finished answer is a reading without a frame.
    /// </summary>
    public void Expand(in Reading reading, List<Reading> waiting)
    {
        switch (reading.Frame?.Node)
        {
            case TerminalNode terminal:
                waiting.Add(reading);
                if (terminal.Automaton.IsAccepting(reading.State))
                {
                    Expand(Leave(reading.Frame, 0), waiting);
                }

                break;
            case ArrayNode array:
                ExpandArray(reading, array, waiting);
                break;
            case ObjectNode owner:
                ExpandObject(reading, owner, waiting);
                break;
            case SequenceNode sequence:
                if (reading.State == sequence.Parts.Count)
                {
                    Expand(Leave(reading.Frame, 0), waiting);
                }
                else
                {
                    EnterExpanded(sequence.Parts[reading.State], reading.Frame, reading.State + 1, 0, waiting);
                }

                break;
            default:
                waiting.Add(reading);
                break;
        }
    }

    /// <summary>What a waiting reading becomes with a byte; false where the byte is not allowed.</summary>
    public bool TryStep(in Reading reading, byte value, out Reading next)
    {
        next = default;
        switch (reading.Frame?.Node)
        {
            case TerminalNode terminal:
                return TryStep(terminal.Automaton, reading, value, out next);
            case KeyNode keys:
                return TryStep(keys.Automaton, reading, value, out next);
            case CountedStringNode counted:
                var (state, count) = counted.Next(reading.State, reading.Count, value);
                next = state != ByteDfa.Dead && AnyString.Automaton.IsFinal(state)
                    ? Leave(reading.Frame, 0)
                    : new Reading(reading.Frame, state, count);
                return state != ByteDfa.Dead;
            case ArrayNode array:
                return TryStepArray(reading, array, value, out next);
            case ObjectNode owner:
                return TryStepObject(reading, owner, value, out next);
            default:
                return false;
        }
    }

    /// <summary>The reading behind a part that has ended; <paramref name="key"/> says which key a key was.</summary>
    public static Reading Leave(Frame frame, int key) => frame.Node is KeyNode
        ? new Reading(frame.Parent, AfterKey, key)
        : new Reading(frame.Parent, frame.ReturnState, frame.ReturnCount);

    /// <summary>A reading's count without what no single token can tell apart: far from both ends of a range, counts are alike.</summary>
    public int Blur(GrammarNode node, int count)
    {
        var (least, most, from, reach) = node switch
        {
            ArrayNode array => (array.Least, array.Most, array.Prefix.Count, _longest),
            CountedStringNode counted => (counted.Least, counted.Most, 0, CountedStringNode.LongestStep),
            _ => (0, 0, int.MaxValue, 0),
        };
        if (count < from)
        {
            return count;
        }

        var toLeast = Math.Clamp(least - count, 0, reach);
        var toMost = most == int.MaxValue ? reach : Math.Clamp(most - count, 0, reach);
        return from + (toLeast * (reach + 1)) + toMost;
    }

    private void ExpandArray(in Reading reading, ArrayNode array, List<Reading> waiting)
    {
        switch (reading.State)
        {
            case First:
                waiting.Add(reading);
                if (array.Most > 0)
                {
                    EnterExpanded(array.Item(0), reading.Frame, AfterValue, 1, waiting);
                }

                break;
            case AfterComma or BeforeValue:
                if (reading.State == AfterComma)
                {
                    waiting.Add(reading);
                }

                EnterExpanded(array.Item(reading.Count), reading.Frame, AfterValue, reading.Count + 1, waiting);
                break;
            default:
                waiting.Add(reading);
                break;
        }
    }

    // States of an object count the property that comes next, AfterKey and BeforeValue the key that was written.
    private void ExpandObject(in Reading reading, ObjectNode owner, List<Reading> waiting)
    {
        if (reading.State is Open or First or AfterValue or AfterComma or AfterKey)
        {
            waiting.Add(reading);
        }

        switch (reading.State)
        {
            case First or AfterComma or BeforeKey when owner.Keys(reading.Count, Room(reading.Frame)) is { } keys:
                waiting.Add(new Reading(new Frame(keys, reading.Frame, 0, 0, 0, reading.Frame!.Depth, reading.Frame.Rest), 0, 0));
                break;
            case AfterKey or BeforeValue:
                EnterExpanded(owner.Value(reading.Count), reading.Frame, AfterValue, owner.After(reading.Count), waiting);
                break;
        }
    }

    private static bool TryStep(ByteDfa automaton, in Reading reading, byte value, out Reading next)
    {
        var state = automaton.Next(reading.State, value);
        next = state != ByteDfa.Dead && automaton.IsFinal(state) ? Leave(reading.Frame!, automaton.Tag(state)) : new Reading(reading.Frame, state, 0);
        return state != ByteDfa.Dead;
    }

    private static bool TryStepArray(in Reading reading, ArrayNode array, byte value, out Reading next)
    {
        var (frame, state, count) = reading;
        var (allowed, to) = (state, (char)value) switch
        {
            (Open, '[') => (true, First),
            (First, ']') => (array.Least == 0, -1),
            (AfterValue, ',') => (count < array.Most && array.Item(count).MinDepth <= Room(frame), AfterComma),
            (AfterValue, ']') => (count >= array.Least, -1),
            (AfterComma, ' ') => (true, BeforeValue),
            _ => (false, 0),
        };
        next = to < 0 ? Leave(frame!, 0) : new Reading(frame, to, count);
        return allowed;
    }

    private static bool TryStepObject(in Reading reading, ObjectNode owner, byte value, out Reading next)
    {
        var (frame, state, count) = reading;
        var (allowed, to) = (state, (char)value) switch
        {
            (Open, '{') => (true, First),
            (First or AfterValue, '}') => (owner.CanClose(count), -1),
            (AfterValue, ',') => (owner.Keys(count, Room(frame)) is not null, AfterComma),
            (AfterComma, ' ') => (true, BeforeKey),
            (AfterKey, ' ') => (true, BeforeValue),
            _ => (false, 0),
        };
        next = to < 0 ? Leave(frame!, 0) : new Reading(frame, to, count);
        return allowed;
    }

    private static int Room(Frame? frame) => MostDepth - (frame?.Depth ?? 0);

    private void EnterExpanded(GrammarNode node, Frame? parent, int returnState, int returnCount, List<Reading> waiting)
    {
        var entered = waiting.Count;
        Enter(node, parent, returnState, returnCount, waiting);

        // Most of what is entered waits for a byte already; only what does not is taken out and expanded.
        for (var i = waiting.Count - 1; i >= entered; i--)
        {
            if (waiting[i].Frame!.Node is SequenceNode || (waiting[i].Frame!.Node is TerminalNode terminal && terminal.Automaton.IsAccepting(0)))
            {
                var reading = waiting[i];
                waiting.RemoveAt(i);
                Expand(reading, waiting);
            }
        }
    }

    private void Enter(GrammarNode node, Frame? parent, int returnState, int returnCount, List<Reading> into)
    {
        switch (node)
        {
            case RuleNode rule:
                Enter(rule.Body!, parent, returnState, returnCount, into);
                return;
            case ChoiceNode choice:
                foreach (var option in choice.Options)
                {
                    Enter(option, parent, returnState, returnCount, into);
                }

                return;
        }

        // Parts that cannot be written, or would be nested too deeply, are not begun.
        var depth = (parent?.Depth ?? 0) + (node is ArrayNode or ObjectNode ? 1 : 0);
        if (Costs.Of(node) >= Masks.Cost.Never || depth + node.MinDepth - (node is ArrayNode or ObjectNode ? 1 : 0) > MostDepth)
        {
            return;
        }

        var rest = parent is null ? 0 : Masks.Cost.Add(Within(parent, returnState, returnCount), parent.Rest);
        var blurred = parent is null ? 0 : Blur(parent.Node, returnCount);
        into.Add(new Reading(new Frame(node, parent, returnState, returnCount, blurred, depth, rest), 0, 0));
    }

    // Tokens from a place in an array, object or sequence to its end.
    private int Within(Frame frame, int state, int count)
    {
        switch (frame.Node)
        {
            case ArrayNode array:
                return state switch
                {
                    Open => Costs.Of(array),
                    First => Costs.Of(array) - 1,
                    AfterValue => Costs.After(array, count),
                    _ => Costs.FromItem(array, count),
                };
            case ObjectNode owner:
                return state switch
                {
                    Open => Costs.Of(owner),
                    First => Costs.FromFirst(owner),
                    AfterValue => Costs.After(owner, count),
                    AfterComma or BeforeKey => Costs.FromKey(owner, count, Room(frame)),
                    _ => Masks.Cost.Add(Costs.Of(owner.Value(count)), Costs.After(owner, owner.After(count))),
                };
            case SequenceNode sequence:
                return sequence.Parts.Skip(state).Aggregate(0, (sum, part) => Masks.Cost.Add(sum, Costs.Of(part)));
            default:
                throw new InvalidOperationException($"No parts in {frame.Node.GetType().Name}.");
        }
    }
}
