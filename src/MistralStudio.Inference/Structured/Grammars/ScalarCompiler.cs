using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>Values without others inside them, and values that are listed: finite automata.</summary>
internal sealed class ScalarCompiler(WorkLimit work)
{
    /// <summary>The values of a list that follow every schema of a set; null where none does.</summary>
    public TerminalNode? Literals(IEnumerable<JsonElement> values, IReadOnlyCollection<SchemaNode> schemas)
    {
        var nfa = new ByteNfa(work);
        var start = nfa.AddState();
        var any = false;
        foreach (var value in values)
        {
            work.Spend(100);
            if (SchemaValidation.Follows(schemas, value))
            {
                nfa.Accept(JsonText.Add(nfa, start, value), 0);
                any = true;
            }
        }

        return any ? new TerminalNode(nfa.Determinise(start)) : null;
    }

    /// <summary>Adds what may be written for the scalar types: automata that can be one, or nodes of their own.</summary>
    public void Add(JsonTypes types, HashSet<SchemaNode> way, List<ByteDfa> automata, List<GrammarNode> nodes)
    {
        if ((types & JsonTypes.Null) != 0)
        {
            automata.Add(Words.Null);
        }

        if ((types & JsonTypes.Boolean) != 0)
        {
            automata.Add(Words.Boolean);
        }

        if ((types & (JsonTypes.Number | JsonTypes.Integer)) != 0)
        {
            automata.Add(Number(Range(types, way)));
        }

        if ((types & JsonTypes.String) != 0)
        {
            AddString(way, automata, nodes);
        }
    }

    private static NumberRange Range(JsonTypes types, HashSet<SchemaNode> way)
    {
        var range = (types & JsonTypes.Number) == 0 ? NumberRange.All.Steps(JsonNumber.One) : NumberRange.All;
        return way.Aggregate(range, (all, schema) => all
            .AtLeast(schema.Minimum, exclusive: false).AtLeast(schema.ExclusiveMinimum, exclusive: true)
            .AtMost(schema.Maximum, exclusive: false).AtMost(schema.ExclusiveMaximum, exclusive: true)
            .Steps(schema.MultipleOf));
    }

    private ByteDfa Number(NumberRange range) =>
        range == NumberRange.All ? Words.Number : range == Words.Integers ? Words.Integer : DecimalAutomaton.Build(range, work);

    private void AddString(HashSet<SchemaNode> way, List<ByteDfa> automata, List<GrammarNode> nodes)
    {
        var least = way.Select(schema => schema.MinLength ?? 0).DefaultIfEmpty(0).Max();
        var most = way.Select(schema => schema.MaxLength ?? int.MaxValue).DefaultIfEmpty(int.MaxValue).Min();
        var formats = way.Select(schema => schema.Format).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(name => StringFormat.Named(name)!).ToList();
        var patterns = way.Select(schema => schema.Pattern).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (formats.Count + patterns.Count == 0)
        {
            nodes.Add((least, most) == (0, int.MaxValue) ? new TerminalNode(AnyString.Automaton) : new CountedStringNode(least, most));
            return;
        }

        if (formats.Count == 1 && patterns.Count == 0 && (least, most) == (0, int.MaxValue))
        {
            automata.Add(FormatStrings.Quoted(formats[0]));
            return;
        }

        var strings = formats.Select(format => format.Strings)
            .Concat(patterns.Select(pattern => CharDfa.Of(RegexParser.Parse(pattern), anywhere: true, work)))
            .Aggregate((one, other) => one.Intersect(other, work));
        if ((least, most) != (0, int.MaxValue))
        {
            strings = strings.WithLength(least, most == int.MaxValue ? null : most, work);
        }

        automata.Add(Utf8Paths.JsonString(strings, work));
    }

    /// <summary>Automata that every grammar uses.</summary>
    private static class Words
    {
        public static NumberRange Integers { get; } = NumberRange.All.Steps(JsonNumber.One);

        public static ByteDfa Null { get; } = Text("null");

        public static ByteDfa Boolean { get; } = Text("true", "false");

        public static ByteDfa Number { get; } = DecimalAutomaton.Build(NumberRange.All, new WorkLimit());

        public static ByteDfa Integer { get; } = DecimalAutomaton.Build(Integers, new WorkLimit());

        private static ByteDfa Text(params string[] words)
        {
            var nfa = new ByteNfa(new WorkLimit());
            var start = nfa.AddState();
            foreach (var word in words)
            {
                nfa.Accept(nfa.AddText(start, System.Text.Encoding.ASCII.GetBytes(word)), 0);
            }

            return nfa.Determinise(start);
        }
    }
}
