using System.Collections.Concurrent;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>A property that an object's schema names.</summary>
internal sealed record ObjectProperty(string Name, GrammarNode Value, bool IsRequired);

/// <summary>
/// A JSON object: named properties in the schema's order, each at most once, then any others. One order is what clients of structured
/// output know, and keeps the states as many as the properties.
/// </summary>
internal sealed class ObjectNode : GrammarNode
{
    private readonly ByteDfa _names;
    private readonly ConcurrentDictionary<(int Next, int Room), KeyNode> _keys = new();
    private readonly int[] _nextRequired;
    private readonly Lazy<int> _deepest;

    /// <param name="additional">Null where no others are allowed.</param>
    public ObjectNode(IReadOnlyList<ObjectProperty> properties, GrammarNode? additional, WorkLimit work)
    {
        Properties = properties;
        Additional = additional;
        _nextRequired = new int[properties.Count + 1];
        _nextRequired[^1] = properties.Count;
        for (var i = properties.Count - 1; i >= 0; i--)
        {
            _nextRequired[i] = properties[i].IsRequired ? i : _nextRequired[i + 1];
        }

        _names = Names(work);
        _deepest = new Lazy<int>(() => Children.Where(child => !child.IsEmpty).Select(child => child.MinDepth).DefaultIfEmpty(0).Max());
    }

    public IReadOnlyList<ObjectProperty> Properties { get; }

    public GrammarNode? Additional { get; }

    public override IEnumerable<GrammarNode> Children =>
        Additional is null ? Properties.Select(property => property.Value) : Properties.Select(property => property.Value).Append(Additional);

    /// <summary>The first property that must be written, of those from <paramref name="next"/> on; their number where none must.</summary>
    public int NextRequired(int next) => _nextRequired[next];

    public bool CanClose(int next) => NextRequired(next) == Properties.Count;

    /// <summary>What a key is the key of: a property's place, or the number of properties for another one.</summary>
    public GrammarNode Value(int key) => key < Properties.Count ? Properties[key].Value : Additional!;

    /// <summary>The first property that may follow one.</summary>
    public int After(int key) => Math.Min(key + 1, Properties.Count);

    /// <summary>The key as it is written, with its colon.</summary>
    public byte[] Spelled(int key) => KeyBytes(Properties[key].Name);

    /// <summary>
    /// The keys that may be written where all properties before <paramref name="next"/> are written or passed over; null where none may.
    /// </summary>
    /// <param name="room">Arrays and objects that may still be opened inside; a key whose value needs more is none of them.</param>
    public KeyNode? Keys(int next, int room)
    {
        var keys = _keys.GetOrAdd((next, Math.Min(room, _deepest.Value)), static (place, owner) => owner.Allowed(place.Next, place.Room), this);
        return keys.Automaton.IsEmpty ? null : keys;
    }

    private KeyNode Allowed(int next, int room)
    {
        var last = NextRequired(next);
        var automaton = _names.Keep(
            key => (key == Properties.Count ? last == key : key >= next && key <= last) && !Value(key).IsEmpty && Value(key).MinDepth <= room,
            new WorkLimit());
        return new KeyNode(this, automaton);
    }

    /// <summary>Bytes from behind a value to the closing brace.</summary>
    public long BytesAfter(int next)
    {
        var bytes = 1L;
        for (var i = NextRequired(next); i < Properties.Count; i = NextRequired(i + 1))
        {
            bytes = Add(bytes, Add(1 + Spelled(i).Length, Properties[i].Value.MinBytes));
        }

        return bytes;
    }

    protected override long MeasureBytes() => NextRequired(0) == Properties.Count ? 2 : BytesAfter(0);

    protected override int MeasureDepth()
    {
        var deepest = Properties.Where(property => property.IsRequired).Select(property => property.Value.MinDepth).DefaultIfEmpty(0).Max();
        return deepest == int.MaxValue ? deepest : deepest + 1;
    }

    private ByteDfa Names(WorkLimit work)
    {
        var nfa = new ByteNfa(work);
        var start = nfa.AddState();
        if (Additional is null)
        {
            for (var i = 0; i < Properties.Count; i++)
            {
                nfa.Accept(nfa.AddText(start, Spelled(i)), i);
            }

            return nfa.Determinise(start);
        }

        // Any other name is one that none of these is.
        var names = CharDfa.OfNames([.. Properties.Select(property => property.Name)], otherTag: Properties.Count, work);
        var states = new Utf8Paths(nfa, Spelling.JsonString).Add(names);
        nfa.Add(start, (byte)'"', (byte)'"', states[0]);
        var ends = new Dictionary<int, int>();
        for (var state = 0; state < names.Count; state++)
        {
            if (names.Tags[state] is var tag and >= 0)
            {
                if (!ends.TryGetValue(tag, out var end))
                {
                    end = ends[tag] = nfa.AddState();
                    var colon = nfa.AddText(end, ":"u8);
                    nfa.Accept(colon, tag);
                }

                nfa.Add(states[state], (byte)'"', (byte)'"', end);
            }
        }

        return nfa.Determinise(start);
    }

    private static byte[] KeyBytes(string name) => [.. JsonText.Quote(name), (byte)':'];
}

/// <summary>The keys that an object may go on with; which one was written decides what follows.</summary>
internal sealed class KeyNode(ObjectNode owner, ByteDfa automaton) : GrammarNode
{
    public ObjectNode Owner { get; } = owner;

    public ByteDfa Automaton { get; } = automaton;

    public Witness Witness { get; } = new(automaton, key => Math.Min(Witness.Never, owner.Value(key).MinBytes + owner.BytesAfter(owner.After(key))));

    public override IEnumerable<GrammarNode> Children => [];

    protected override long MeasureBytes() => Witness.Never;

    protected override int MeasureDepth() => 0;
}
