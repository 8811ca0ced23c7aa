namespace MistralStudio.Core.Schemas.Text;

/// <summary>
/// A nondeterministic automaton over Unicode scalar values (Thompson 1968). It matches in time proportional to text times states, whatever
/// the expression: nothing here backtracks.
/// </summary>
internal sealed class CharNfa
{
    private const int MostStates = 40_000;

    private readonly List<State> _states = [];
    private readonly WorkLimit _work;

    private CharNfa(WorkLimit work) => _work = work;

    private enum Kind
    {
        Match,
        Chars,
        Fork,
        AtStart,
        AtEnd,
    }

    /// <summary>The automaton of an expression.</summary>
    /// <exception cref="SchemaException">It has too many states.</exception>
    public static CharNfa Of(RegexSyntax syntax, WorkLimit work)
    {
        var nfa = new CharNfa(work);
        var match = nfa.Add(new State(Kind.Match, null, -1, -1));
        nfa.Start = nfa.Build(syntax, match);
        return nfa;
    }

    public int Count => _states.Count;

    public int Start { get; private set; }

    /// <summary>True where the expression matches anywhere in the text, as JSON Schema's <c>pattern</c> asks.</summary>
    public bool IsFoundIn(string text)
    {
        var current = new StateSet(Count);
        var next = new StateSet(Count);
        Close(Start, atStart: true, current);
        if (HasMatch(current))
        {
            return true;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            next.Clear();
            Step(current, rune.Value, next);
            Close(Start, atStart: false, next);
            (current, next) = (next, current);
            if (HasMatch(current))
            {
                return true;
            }
        }

        return IsAccepting(current, atStart: text.Length == 0);
    }

    /// <summary>Adds the states that a state reaches without a character; what waits for the end of the text stays in the set.</summary>
    public void Close(int state, bool atStart, StateSet into) => Close(state, atStart, atEnd: false, into);

    /// <summary>True where a state of the set is the match itself.</summary>
    public bool HasMatch(StateSet set) => set.Contains(0);

    /// <summary>True where the text may end here.</summary>
    public bool IsAccepting(StateSet set, bool atStart)
    {
        if (HasMatch(set))
        {
            return true;
        }

        StateSet? atEnd = null;
        foreach (var state in set.Members.Where(state => _states[state].Kind == Kind.AtEnd))
        {
            Close(state, atStart, atEnd: true, atEnd ??= new StateSet(Count));
        }

        return atEnd is not null && HasMatch(atEnd);
    }

    /// <summary>The characters of the states of a set that wait for one, with the state behind each.</summary>
    public IEnumerable<(CharSet Chars, int Target)> Moves(StateSet set)
    {
        foreach (var state in set.Members)
        {
            if (_states[state] is { Kind: Kind.Chars } waiting)
            {
                yield return (waiting.Chars!, waiting.First);
            }
        }
    }

    /// <summary>Every set of characters that some state waits for.</summary>
    public IEnumerable<CharSet> Sets() => _states.Where(state => state.Kind == Kind.Chars).Select(state => state.Chars!).Distinct();

    private void Step(StateSet current, int rune, StateSet next)
    {
        foreach (var state in current.Members)
        {
            if (_states[state] is { Kind: Kind.Chars } waiting && waiting.Chars!.Contains(rune))
            {
                Close(waiting.First, atStart: false, next);
            }
        }
    }

    private void Close(int start, bool atStart, bool atEnd, StateSet into)
    {
        var waiting = new Stack<int>();
        waiting.Push(start);
        while (waiting.TryPop(out var state))
        {
            if (state < 0 || !into.Add(state))
            {
                continue;
            }

            var here = _states[state];
            if (here.Kind == Kind.Fork || (here.Kind == Kind.AtStart && atStart) || (here.Kind == Kind.AtEnd && atEnd))
            {
                waiting.Push(here.Second);
                waiting.Push(here.First);
            }
        }
    }

    // Builds backwards: every piece knows the state that comes after it.
    private int Build(RegexSyntax syntax, int then)
    {
        switch (syntax)
        {
            case RegexSyntax.Chars(var set):
                return Add(new State(Kind.Chars, set, then, -1));
            case RegexSyntax.Anchor(var atEnd):
                return Add(new State(atEnd ? Kind.AtEnd : Kind.AtStart, null, then, -1));
            case RegexSyntax.Sequence(var parts):
                for (var i = parts.Count - 1; i >= 0; i--)
                {
                    then = Build(parts[i], then);
                }

                return then;
            case RegexSyntax.Alternatives(var options):
                var fork = Build(options[^1], then);
                for (var i = options.Count - 2; i >= 0; i--)
                {
                    fork = Add(new State(Kind.Fork, null, Build(options[i], then), fork));
                }

                return fork;
            case RegexSyntax.Repeat(var part, var least, var most):
                return BuildRepeat(part, least, most, then);
            default:
                throw new InvalidOperationException($"No automaton for {syntax.GetType().Name}.");
        }
    }

    private int BuildRepeat(RegexSyntax part, int least, int? most, int then)
    {
        if (most is null)
        {
            var loop = Add(new State(Kind.Fork, null, -1, then));
            _states[loop] = _states[loop] with { First = Build(part, loop) };
            then = loop;
        }

        var after = then;
        for (var i = least; i < most; i++)
        {
            then = Add(new State(Kind.Fork, null, Build(part, then), after));
        }

        for (var i = 0; i < least; i++)
        {
            then = Build(part, then);
        }

        return then;
    }

    private int Add(State state)
    {
        _work.Spend(1);
        if (_states.Count == MostStates)
        {
            throw new SchemaException(SchemaErrors.TooLarge("a regular expression whose counts multiply"));
        }

        _states.Add(state);
        return _states.Count - 1;
    }

    private sealed record State(Kind Kind, CharSet? Chars, int First, int Second);

    /// <summary>A set of states with constant-time membership, in order of insertion.</summary>
    internal sealed class StateSet(int capacity)
    {
        private readonly bool[] _inside = new bool[capacity];
        private readonly List<int> _members = [];

        public IReadOnlyList<int> Members => _members;

        public bool Contains(int state) => _inside[state];

        public bool Add(int state)
        {
            if (_inside[state])
            {
                return false;
            }

            _inside[state] = true;
            _members.Add(state);
            return true;
        }

        public void Clear()
        {
            foreach (var member in _members)
            {
                _inside[member] = false;
            }

            _members.Clear();
        }
    }
}
