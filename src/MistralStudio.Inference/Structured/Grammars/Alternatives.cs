using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>
/// Takes apart what several schemas ask of one value together: references and <c>allOf</c> add schemas, <c>anyOf</c> and <c>oneOf</c>
/// multiply the ways. Every way is a list of schemas whose own keywords all hold (a disjunctive normal form).
/// </summary>
internal static class Alternatives
{
    private const int MostWays = 256;

    /// <summary>The ways in which a value can follow all these schemas.</summary>
    /// <exception cref="SchemaException">A schema is part of itself, or there are too many ways.</exception>
    public static List<HashSet<SchemaNode>> Of(IEnumerable<SchemaNode> schemas) => Together(schemas.Select(schema => Expand(schema, [])));

    /// <summary>Schemas that hold in every way: the given ones, and those that they refer to or consist of.</summary>
    public static HashSet<SchemaNode> Certain(IEnumerable<SchemaNode> schemas)
    {
        var certain = new HashSet<SchemaNode>();
        var open = new Stack<SchemaNode>(schemas);
        while (open.TryPop(out var schema))
        {
            if (certain.Add(schema))
            {
                schema.AllOf.ForEach(open.Push);
                if (schema.Reference is { } reference)
                {
                    open.Push(reference);
                }
            }
        }

        return certain;
    }

    private static List<HashSet<SchemaNode>> Expand(SchemaNode schema, HashSet<SchemaNode> path)
    {
        if (!path.Add(schema))
        {
            throw new SchemaException(SchemaErrors.InvalidSchema(schema.Location, "the schema refers to itself without anything in between"), schema.Location);
        }

        var parts = new List<List<HashSet<SchemaNode>>> { new() { new() { schema } } };
        parts.AddRange(schema.AllOf.Select(part => Expand(part, path)));
        if (schema.Reference is { } reference)
        {
            parts.Add(Expand(reference, path));
        }

        foreach (var options in new[] { schema.AnyOf, schema.OneOf })
        {
            if (options.Count > 0)
            {
                parts.Add(Limited([.. options.SelectMany(option => Expand(option, path))]));
            }
        }

        path.Remove(schema);
        return Together(parts);
    }

    private static List<HashSet<SchemaNode>> Together(IEnumerable<List<HashSet<SchemaNode>>> parts)
    {
        var ways = new List<HashSet<SchemaNode>> { new() };
        foreach (var part in parts)
        {
            ways = Limited([.. from way in ways from option in part select new HashSet<SchemaNode>(way.Concat(option))]);
        }

        return ways;
    }

    private static List<HashSet<SchemaNode>> Limited(List<HashSet<SchemaNode>> ways) =>
        ways.Count <= MostWays ? ways : throw new SchemaException(SchemaErrors.TooLarge($"alternatives that multiply to more than {MostWays}"));
}
