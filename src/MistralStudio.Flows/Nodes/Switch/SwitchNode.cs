using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Nodes.Switch;

/// <summary>A case: the branch that is taken where the value is one of these.</summary>
internal sealed record SwitchCase(string Name, IReadOnlyList<JsonElement> Values);

/// <summary>Configuration of a Switch.</summary>
internal sealed record SwitchConfig(IReadOnlyList<SwitchCase> Cases);

/// <summary>Takes the branch of the case that a value is.</summary>
internal static class SwitchNode
{
    public const string Else = "else";

    public static NodeType Type { get; } = new()
    {
        Id = "switch",
        Category = NodeCategory.Logic,
        ConfigType = typeof(SwitchConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "cases": {
                  "type": "array", "title": "Cases", "minItems": 1, "maxItems": 50,
                  "items": {
                    "type": "object",
                    "properties": {
                      "name": { "type": "string", "title": "Branch", "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,62}$" },
                      "values": { "type": "array", "title": "Values", "description": "Texts are compared without regard to case.", "items": { "type": ["string", "number", "boolean", "null"] }, "minItems": 1, "maxItems": 100 }
                    },
                    "required": ["name", "values"],
                    "additionalProperties": false
                  }
                }
              },
              "required": ["cases"],
              "additionalProperties": false
            }
            """,
        Ports = shape => new NodePorts(
            [new Port("value", PortType.Json)],
            [
                .. shape.Config.GetProperty("cases").EnumerateArray().Select(one => one.GetProperty("name").GetString()!).Append(Else)
                    .Select(name => new Port(name, shape.Arriving.GetValueOrDefault("value", PortType.Json)) { IsBranch = true }),
            ]),
        Check = Problems,
        Help = "Takes the branch of the first case that has the value, and \"else\" where none has. The branch carries the value.",
        Example = """{"cases":[{"name":"refund","values":["refund","money back"]},{"name":"broken","values":["defect"]}]}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { Else, Names.ErrorPort };
        var index = 0;
        foreach (var one in config.GetProperty("cases").EnumerateArray())
        {
            if (!names.Add(one.GetProperty("name").GetString()!))
            {
                yield return new ConfigProblem($"/cases/{index}/name", SwitchErrors.DuplicateBranch(one.GetProperty("name").GetString()!));
            }

            index++;
        }
    }
}

/// <summary>Expected failures of Switch nodes.</summary>
public static class SwitchErrors
{
    public static Error DuplicateBranch(string name) => new(
        "switch.duplicate_branch", $"There are two branches \"{name}\" (\"else\" and \"error\" are always there).", "Rename one of them.");
}

/// <summary>Runs Switch nodes.</summary>
internal sealed class SwitchExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => SwitchNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var value = execution.Inputs["value"];
        var taken = ((SwitchConfig)execution.Config).Cases.FirstOrDefault(one => one.Values.Any(candidate => Same(candidate, value.Json)));
        return new(NodeOutcome.Of(taken?.Name ?? SwitchNode.Else, value));
    }

    private static bool Same(JsonElement candidate, JsonElement value) =>
        candidate.ValueKind == JsonValueKind.String && value.ValueKind == JsonValueKind.String
            ? string.Equals(candidate.GetString()!.Trim(), value.GetString()!.Trim(), StringComparison.OrdinalIgnoreCase)
            : JsonElement.DeepEquals(candidate, value);
}
