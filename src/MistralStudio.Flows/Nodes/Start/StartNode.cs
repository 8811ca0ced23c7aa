using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Start;

/// <summary>Where a run begins that a person, a key, a model client or another flow starts.</summary>
internal static class StartNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "start",
        Category = NodeCategory.Begin,
        Role = NodeRole.Begin,
        Schema = """{"type":"object","additionalProperties":false}""",
        Ports = shape => new NodePorts([], [.. shape.FlowInputs.Select(input => input with { IsBranch = !input.Required })]),
        Help = "The run begins here. Its out-ports are the inputs of the flow; an input that is not required and was not given is skipped.",
        Example = "{}",
    };
}
