using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>
/// A deterministic automaton over bytes. Every state can still reach an end, so that a text which follows it is never stuck; bytes that no
/// state tells apart are one class. Immutable.
/// </summary>
internal sealed class ByteDfa
{
    /// <summary>Where no transition leads.</summary>
    public const int Dead = -1;

    private readonly byte[] _classOf;
    private readonly int[] _next;
    private readonly int[] _tags;
    private readonly int _classes;

    /// <param name="classOf">The class of each of the 256 bytes.</param>
    /// <param name="next">[states, classes]: the next state, or <see cref="Dead"/>.</param>
    /// <param name="tags">Of every state -1, or which kind of text ends in it.</param>
    public ByteDfa(byte[] classOf, int classes, int[] next, int[] tags)
    {
        _classOf = classOf;
        _classes = classes;
        _next = next;
        _tags = tags;
    }

    /// <summary>Number of states; the first is the start. None at all where there is no text.</summary>
    public int Count => _tags.Length;

    /// <summary>True where no text ends.</summary>
    public bool IsEmpty => _tags.Length == 0;

    public int Classes => _classes;

    public int Next(int state, byte value) => _next[(state * _classes) + _classOf[value]];

    public int NextOfClass(int state, int byteClass) => _next[(state * _classes) + byteClass];

    public int ClassOf(byte value) => _classOf[value];

    /// <summary>Which kind of text ends here, or -1.</summary>
    public int Tag(int state) => _tags[state];

    public bool IsAccepting(int state) => _tags[state] >= 0;

    /// <summary>True where a text ends and none goes on.</summary>
    public bool IsFinal(int state) => _tags[state] >= 0 && _next.AsSpan(state * _classes, _classes).IndexOfAnyExcept(Dead) < 0;

    /// <summary>The same automaton where only texts of some kinds end.</summary>
    public ByteDfa Keep(Func<int, bool> kind, WorkLimit work)
    {
        if (IsEmpty)
        {
            return this;
        }

        var copy = new ByteNfa(work);
        for (var state = 0; state < Count; state++)
        {
            copy.AddState();
        }

        copy.AddCopy(this, offset: 0, tag => kind(tag) ? tag : Dead);
        return copy.Determinise(start: 0);
    }

    /// <summary>Texts of any of these; where a text is of several, the tag is the first one's.</summary>
    public static ByteDfa Union(IReadOnlyList<ByteDfa> parts, WorkLimit work)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        var union = new ByteNfa(work);
        var start = union.AddState();
        foreach (var part in parts.Where(part => !part.IsEmpty))
        {
            var offset = union.Count;
            for (var state = 0; state < part.Count; state++)
            {
                union.AddState();
            }

            union.AddCopy(part, offset, static tag => tag);
            union.AddEmpty(start, offset);
        }

        return union.Determinise(start);
    }
}
