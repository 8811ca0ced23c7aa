namespace MistralStudio.Core.Schemas.Text;

/// <summary>A deterministic automaton over Unicode scalar values: a set of strings that can be intersected and cut to a length.</summary>
internal sealed class CharDfa
{
    private const int Dead = -1;

    private readonly int[] _next;

    private CharDfa(CharPartition alphabet, int[] next, int[] tags)
    {
        Alphabet = alphabet;
        _next = next;
        Tags = tags;
    }

    /// <summary>The classes of characters that its transitions are about.</summary>
    public CharPartition Alphabet { get; }

    /// <summary>Of every state: -1 where no string ends in it, otherwise which kind of string does.</summary>
    public int[] Tags { get; }

    /// <summary>Number of states; the first is the start.</summary>
    public int Count => Tags.Length;

    /// <summary>The state after a character of a class, or -1.</summary>
    public int Next(int state, int charClass) => _next[(state * Alphabet.Count) + charClass];

    /// <summary>Strings that an expression matches: wholly, or (<paramref name="anywhere"/>) in some part.</summary>
    /// <exception cref="SchemaException">It has too many states.</exception>
    public static CharDfa Of(RegexSyntax syntax, bool anywhere, WorkLimit work)
    {
        var nfa = CharNfa.Of(syntax, work);
        var alphabet = CharPartition.Of([.. nfa.Sets()]);
        var sets = nfa.Sets().ToDictionary(set => set, set => Classes(set, alphabet));
        var builder = new Builder<string>(alphabet, work);
        var members = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var start = new CharNfa.StateSet(nfa.Count);
        nfa.Close(nfa.Start, atStart: true, start);
        builder.Enter(Key(start, first: true));

        // Sets are as large as the automaton: they are made once and used again for every state.
        var here = new CharNfa.StateSet(nfa.Count);
        var next = Enumerable.Range(0, alphabet.Count).Select(_ => new CharNfa.StateSet(nfa.Count)).ToArray();
        while (builder.TryTake(out var key, out var from))
        {
            here.Clear();
            foreach (var member in members[key])
            {
                here.Add(member);
            }

            if (anywhere && nfa.HasMatch(here))
            {
                // Found: whatever follows belongs to it.
                builder.Accept(from, 0);
                for (var charClass = 0; charClass < alphabet.Count; charClass++)
                {
                    builder.Connect(from, charClass, key);
                }

                continue;
            }

            if (nfa.IsAccepting(here, atStart: from == 0))
            {
                builder.Accept(from, 0);
            }

            foreach (var (chars, target) in nfa.Moves(here))
            {
                foreach (var charClass in sets[chars])
                {
                    nfa.Close(target, atStart: false, next[charClass]);
                    work.Spend(4);
                }
            }

            work.Spend(here.Members.Count + alphabet.Count);
            for (var charClass = 0; charClass < alphabet.Count; charClass++)
            {
                var set = next[charClass];
                if (anywhere)
                {
                    nfa.Close(nfa.Start, atStart: false, set);
                }

                if (set.Members.Count > 0)
                {
                    work.Spend(set.Members.Count);
                    builder.Connect(from, charClass, Key(set, first: false));
                    set.Clear();
                }
            }
        }

        return builder.Build();

        string Key(CharNfa.StateSet set, bool first)
        {
            // One set for all that come after a match: found stays found.
            int[] sorted = anywhere && nfa.HasMatch(set) ? [0] : [.. set.Members.Order()];
            var key = (first ? "^" : "") + string.Create(sorted.Length, sorted, static (chars, from) =>
            {
                for (var i = 0; i < chars.Length; i++)
                {
                    chars[i] = (char)from[i];
                }
            });
            members[key] = sorted;
            return key;
        }
    }

    /// <summary>
    /// All strings, told apart: one of the names ends in a state tagged with its place in the list, any other in one tagged
    /// <paramref name="otherTag"/> (-1: in none).
    /// </summary>
    public static CharDfa OfNames(IReadOnlyList<string> names, int otherTag, WorkLimit work)
    {
        var alphabet = CharPartition.Of([.. names.SelectMany(name => name.EnumerateRunes()).Select(rune => rune.Value).Distinct()
            .Select(rune => CharSet.Of((rune, rune)))]);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var prefixes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            places.TryAdd(names[i], i);
            for (var length = 0; length < names[i].Length; length++)
            {
                work.Spend(length);
                prefixes.Add(names[i][..length]);
            }
        }

        const string Other = "\uFFFF\uD800"; // No name: half a surrogate pair.
        var builder = new Builder<string>(alphabet, work);
        var surrogates = alphabet.ClassOf(0xD800);
        var sets = alphabet.Sets();
        builder.Enter("");
        while (builder.TryTake(out var prefix, out var from))
        {
            var tag = places.TryGetValue(prefix, out var place) ? place : otherTag;
            if (tag >= 0)
            {
                builder.Accept(from, tag);
            }

            for (var charClass = 0; charClass < alphabet.Count; charClass++)
            {
                if (charClass == surrogates)
                {
                    continue;
                }

                var longer = prefix != Other && sets[charClass].Ranges is [var (low, high)] && low == high
                    ? prefix + char.ConvertFromUtf32(low)
                    : Other;
                var known = places.ContainsKey(longer) || prefixes.Contains(longer);
                if (known || otherTag >= 0)
                {
                    builder.Connect(from, charClass, known ? longer : Other);
                }
            }
        }

        return builder.Build();
    }

    /// <summary>Strings of both.</summary>
    public CharDfa Intersect(CharDfa other, WorkLimit work)
    {
        var (alphabet, first, second) = CharPartition.Refine(Alphabet, other.Alphabet);
        var builder = new Builder<(int, int)>(alphabet, work);
        builder.Enter((0, 0));
        while (builder.TryTake(out var pair, out var from))
        {
            if (Tags[pair.Item1] >= 0 && other.Tags[pair.Item2] >= 0)
            {
                builder.Accept(from, 0);
            }

            for (var charClass = 0; charClass < alphabet.Count; charClass++)
            {
                var (a, b) = (Next(pair.Item1, first[charClass]), other.Next(pair.Item2, second[charClass]));
                if (a != Dead && b != Dead)
                {
                    builder.Connect(from, charClass, (a, b));
                }
            }
        }

        return builder.Build();
    }

    /// <summary>Its strings of at least and at most so many characters.</summary>
    public CharDfa WithLength(int least, int? most, WorkLimit work)
    {
        var builder = new Builder<(int State, int Length)>(Alphabet, work);
        builder.Enter((0, 0));
        while (builder.TryTake(out var at, out var from))
        {
            if (Tags[at.State] >= 0 && at.Length >= least)
            {
                builder.Accept(from, 0);
            }

            if (at.Length == most)
            {
                continue;
            }

            // Where there is no upper end, lengths beyond the lower one are the same.
            var length = most is null ? Math.Min(at.Length + 1, least) : at.Length + 1;
            for (var charClass = 0; charClass < Alphabet.Count; charClass++)
            {
                if (Next(at.State, charClass) is var next && next != Dead)
                {
                    builder.Connect(from, charClass, (next, length));
                }
            }
        }

        return builder.Build();
    }

    private static int[] Classes(CharSet set, CharPartition alphabet) =>
        [.. set.Ranges.SelectMany(range => alphabet.ClassesOf(range.Low, range.High)).Distinct()];

    /// <summary>Explores an automaton from its start, state by state, and keeps those from which a string can end.</summary>
    private sealed class Builder<TKey>(CharPartition alphabet, WorkLimit work)
        where TKey : notnull
    {
        private readonly Dictionary<TKey, int> _numbers = [];
        private readonly Queue<TKey> _open = new();
        private readonly List<int> _next = [];
        private readonly List<int> _tags = [];

        public void Enter(TKey key) => Number(key);

        public bool TryTake(out TKey key, out int number)
        {
            number = _open.TryDequeue(out key!) ? _numbers[key] : Dead;
            return number != Dead;
        }

        public void Accept(int state, int tag) => _tags[state] = tag;

        public void Connect(int from, int charClass, TKey to)
        {
            work.Spend(1);
            _next[(from * alphabet.Count) + charClass] = Number(to);
        }

        public CharDfa Build()
        {
            var classes = alphabet.Count;
            var before = new List<int>[_tags.Count];
            for (var i = 0; i < _next.Count; i++)
            {
                if (_next[i] != Dead)
                {
                    (before[_next[i]] ??= []).Add(i / classes);
                }
            }

            var alive = new bool[_tags.Count];
            var open = new Stack<int>(Enumerable.Range(0, _tags.Count).Where(state => _tags[state] >= 0));
            while (open.TryPop(out var state))
            {
                if (alive[state])
                {
                    continue;
                }

                alive[state] = true;
                foreach (var earlier in before[state] ?? [])
                {
                    open.Push(earlier);
                }
            }

            for (var i = 0; i < _next.Count; i++)
            {
                _next[i] = _next[i] != Dead && alive[_next[i]] ? _next[i] : Dead;
            }

            return new CharDfa(alphabet, [.. _next], [.. _tags]);
        }

        private int Number(TKey key)
        {
            if (!_numbers.TryGetValue(key, out var number))
            {
                work.AddStates(1);
                work.Spend(alphabet.Count);
                number = _numbers[key] = _tags.Count;
                _tags.Add(Dead);
                _next.AddRange(Enumerable.Repeat(Dead, alphabet.Count));
                _open.Enqueue(key);
            }

            return number;
        }
    }
}
