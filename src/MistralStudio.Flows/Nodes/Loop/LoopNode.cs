using MistralStudio.Core.Flows;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Nodes.Loop;

/// <summary>Configuration of a Loop.</summary>
internal sealed record LoopConfig
{
    public string? Until { get; init; }

    public int Most { get; init; } = 10;
}

/// <summary>Repeats its body until a condition holds.</summary>
internal static class LoopNode
{
    /// <summary>The most that a body may be repeated.</summary>
    public const int MostIterations = 1_000;

    public static NodeType Type { get; } = new()
    {
        Id = "loop",
        Category = NodeCategory.Logic,
        Role = NodeRole.Loop,
        ConfigType = typeof(LoopConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "until": { "type": "string", "title": "Until", "description": "A condition over what the body gives back, looked at after each round: score >= 0.8.", "minLength": 1, "maxLength": 2000 },
                "most": { "type": "integer", "title": "At most", "description": "Rounds after which it ends anyway.", "minimum": 1, "maximum": 1000, "default": 10 }
              },
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/until", FieldSyntax.Condition, NodeInputs.Ports.Iterations) { IsDeferred = true }],
        Ports = shape => new NodePorts(
            [],
            [
                .. shape.Arriving.Keys.Union(shape.Returned.Keys, StringComparer.Ordinal).Where(name => name != NodeInputs.Ports.Iterations)
                    .Select(name => new Port(name, TypeOf(shape, name)) { IsBranch = !shape.Arriving.ContainsKey(name) }),
                new Port(NodeInputs.Ports.Iterations, PortType.Number),
            ])
        {
            Named = true,
            ToBody = [.. shape.Arriving.Select(port => new Port(port.Key, port.Value)), new Port(NodeInputs.Ports.Index, PortType.Number)],
            FromBody = null,
        },
        Help = "Runs its body again and again: until its condition holds, or as often as it may. Inside, the Loop itself gives what is connected to it, and "
            + "\"index\"; what the body connects back to the Loop by the same name is what the next round gets, and what the Loop gives in the end.",
        Example = """{"until":"score >= 0.8","most":5}""",
    };

    // The first round gets what arrives, the others what the body gives back: where the two differ, it is JSON.
    private static PortType TypeOf(NodeShape shape, string name) =>
        shape.Arriving.TryGetValue(name, out var first) && shape.Returned.TryGetValue(name, out var next)
            ? first == next ? first : PortType.Json
            : first ?? shape.Returned[name];
}
