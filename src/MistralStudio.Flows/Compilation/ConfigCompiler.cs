using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Templates;

namespace MistralStudio.Flows.Compilation;

/// <summary>Reads a node's configuration: its schema, its templates, its record.</summary>
internal static class ConfigCompiler
{
    private static readonly JsonElement s_empty = JsonElement.Parse("{}");

    /// <summary>The configuration, or an empty one; problems say in which field it is wrong.</summary>
    public static JsonElement Check(CatalogEntry entry, JsonElement? given, string path, List<FlowProblem> problems)
    {
        var config = given is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } some ? some : s_empty;
        var violations = entry.Schema.Validate(config);
        problems.AddRange(violations.Select(violation => FlowProblem.InField(path, violation.Path, FlowErrors.BadConfig(violation.Message))));
        if (violations.Count == 0)
        {
            problems.AddRange(entry.Type.Check(config).Select(problem => FlowProblem.InField(path, problem.Field, problem.Error)));
        }

        return config;
    }

    /// <summary>The fields that are templates or conditions, read.</summary>
    public static FieldPlan[] Fields(NodeType type, JsonElement config, string path, List<FlowProblem> problems)
    {
        var fields = new List<FieldPlan>();
        foreach (var field in type.Fields)
        {
            Find(config, field.Pointer.Split('/')[1..], 0, [], (place, text) =>
            {
                if (field.Syntax == FieldSyntax.Template && !field.IsDeferred && !LiquidParser.IsTemplate(text))
                {
                    return;
                }

                var pointer = "/" + string.Join('/', place.Select(name => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
                var liquid = LiquidParser.Read(text, field.Syntax);
                if (liquid.IsSuccess)
                {
                    fields.Add(new FieldPlan([.. place], pointer, field, liquid.Value));
                }
                else
                {
                    problems.Add(FlowProblem.InField(path, pointer, liquid.Error));
                }
            });
        }

        return [.. fields];
    }

    /// <summary>The configuration as the executor reads it.</summary>
    /// <exception cref="JsonException">It does not fit the record.</exception>
    public static object Bind(NodeType type, JsonElement config) =>
        type.ConfigType is { } record ? config.Deserialize(record, FlowJson.Relaxed)! : config;

    private static void Find(JsonElement value, string[] pointer, int depth, List<string> place, Action<List<string>, string> found)
    {
        if (depth == pointer.Length)
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                found(place, value.GetString()!);
            }

            return;
        }

        var step = pointer[depth];
        if (value.ValueKind == JsonValueKind.Array && step == "*")
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Step(index++.ToString(CultureInfo.InvariantCulture), item);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject().Where(member => step == "*" || member.NameEquals(step)))
            {
                Step(member.Name, member.Value);
            }
        }

        void Step(string name, JsonElement next)
        {
            place.Add(name);
            Find(next, pointer, depth + 1, place, found);
            place.RemoveAt(place.Count - 1);
        }
    }
}
