using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>
/// A JSON Schema to the grammar of exactly its values. The unit of work is a set of schemas that one value must follow together: it becomes
/// one rule, known by the set, so that recursion ends where the same set comes again.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MostRules = 4_000;

    private readonly WorkLimit _work = new();
    private readonly Dictionary<string, RuleNode> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(RuleNode Rule, SchemaNode[] Schemas)> _open = new();
    private readonly List<(RuleNode Overlap, SchemaNode Schema)> _exclusive = [];
    private readonly HashSet<SchemaNode> _checked = [];
    private readonly ScalarCompiler _scalars;

    private SchemaCompiler() => _scalars = new ScalarCompiler(_work);

    /// <exception cref="SchemaException">The schema is wrong, not supported, too large or contradicts itself.</exception>
    public static GrammarNode Compile(JsonElement schema)
    {
        var compiler = new SchemaCompiler();
        var root = compiler.Rule([SchemaReader.Read(schema)]);
        while (compiler._open.TryDequeue(out var next))
        {
            next.Rule.Body = compiler.Build(next.Schemas);
        }

        // Alternatives of a oneOf exclude each other where no value follows two of them.
        GrammarMeasure.Measure([root, .. compiler._exclusive.Select(pair => pair.Overlap)]);
        foreach (var (overlap, node) in compiler._exclusive)
        {
            if (!overlap.IsEmpty)
            {
                throw new SchemaException(StructuredErrors.UnsupportedKeyword(
                    "oneOf", $"{node.Location}/oneOf",
                    "a value can follow two of its alternatives; use anyOf, or tell them apart by a constant property"), $"{node.Location}/oneOf");
            }
        }

        return root;
    }

    private RuleNode Rule(IReadOnlyCollection<SchemaNode> schemas)
    {
        SchemaNode[] set = [.. schemas.Distinct().OrderBy(schema => schema.Id)];
        var key = string.Join(',', set.Select(schema => schema.Id));
        if (!_rules.TryGetValue(key, out var rule))
        {
            if (_rules.Count == MostRules)
            {
                throw new SchemaException(SchemaErrors.TooLarge($"more than {MostRules:N0} different values"));
            }

            _work.Spend(1000);
            rule = _rules[key] = new RuleNode();
            _open.Enqueue((rule, set));
        }

        return rule;
    }

    private GrammarNode Build(SchemaNode[] schemas)
    {
        // A list of values is finite: whatever else is asked, each of them can be tried.
        var certain = Alternatives.Certain(schemas);
        if (certain.FirstOrDefault(IsList) is { } list)
        {
            return _scalars.Literals(Values(list), certain) is { } literals ? literals : new ChoiceNode([]);
        }

        var options = new List<GrammarNode>();
        var scalars = new List<ByteDfa>();
        foreach (var way in Alternatives.Of(schemas))
        {
            foreach (var schema in way)
            {
                CheckExclusive(schema);
            }

            if (way.FirstOrDefault(IsList) is { } listed)
            {
                if (_scalars.Literals(Values(listed), way) is { } literals)
                {
                    scalars.Add(literals.Automaton);
                }

                continue;
            }

            foreach (var schema in way)
            {
                SupportedKeywords.Check(schema);
            }

            if (way.Any(schema => schema.Constant == false))
            {
                continue;
            }

            var types = way.Aggregate(JsonTypes.All, (all, schema) => all & (schema.Types ?? JsonTypes.All));
            _scalars.Add(types, way, scalars, options);
            if ((types & JsonTypes.Array) != 0)
            {
                options.Add(Array(way));
            }

            if ((types & JsonTypes.Object) != 0)
            {
                options.Add(Object(way));
            }
        }

        if (scalars.Count > 0)
        {
            options.Insert(0, new TerminalNode(ByteDfa.Union([.. scalars.Distinct()], _work)));
        }

        return options.Count == 1 ? options[0] : new ChoiceNode(options);
    }

    private ArrayNode Array(HashSet<SchemaNode> way)
    {
        var least = way.Select(schema => schema.MinItems ?? 0).DefaultIfEmpty(0).Max();
        var most = way.Select(schema => schema.MaxItems ?? int.MaxValue).DefaultIfEmpty(int.MaxValue).Min();
        var prefix = Math.Min(most, way.Select(schema => schema.PrefixItems.Count).DefaultIfEmpty(0).Max());
        var items = Enumerable.Range(0, prefix).Select(index => (GrammarNode)Rule(
            [.. way.Select(schema => index < schema.PrefixItems.Count ? schema.PrefixItems[index] : schema.Items).OfType<SchemaNode>()])).ToList();
        var rest = most > prefix ? Rule([.. way.Select(schema => schema.Items).OfType<SchemaNode>()]) : null;
        return new ArrayNode(items, rest, least, most);
    }

    private ObjectNode Object(HashSet<SchemaNode> way)
    {
        var required = way.SelectMany(schema => schema.Required).ToHashSet(StringComparer.Ordinal);
        var names = way.SelectMany(schema => schema.Properties.Select(property => property.Name))
            .Concat(way.SelectMany(schema => schema.Required)).Distinct(StringComparer.Ordinal);

        // Of every schema what it says about a name: its property, otherwise what it says about others.
        var properties = names.Select(name => new ObjectProperty(
            name,
            Rule([.. way.Select(schema => schema.PropertiesByName.GetValueOrDefault(name) ?? schema.AdditionalProperties).OfType<SchemaNode>()]),
            required.Contains(name))).ToList();
        var others = way.Select(schema => schema.AdditionalProperties).OfType<SchemaNode>().ToList();
        return new ObjectNode(properties, others.Any(schema => schema.Constant == false) ? null : Rule(others), _work);
    }

    private void CheckExclusive(SchemaNode schema)
    {
        if (!_checked.Add(schema))
        {
            return;
        }

        for (var i = 0; i < schema.OneOf.Count; i++)
        {
            for (var j = i + 1; j < schema.OneOf.Count; j++)
            {
                _exclusive.Add((Rule([schema.OneOf[i], schema.OneOf[j]]), schema));
            }
        }
    }

    private static bool IsList(SchemaNode schema) => schema.Enumeration is not null || schema.Const is not null;

    private static IReadOnlyList<JsonElement> Values(SchemaNode schema) => schema.Const is { } only ? [only] : schema.Enumeration!;
}
