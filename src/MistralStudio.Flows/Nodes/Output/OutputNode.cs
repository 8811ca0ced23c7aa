using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Output;

/// <summary>Values that the flow gives.</summary>
internal static class OutputNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "output",
        Category = NodeCategory.End,
        Role = NodeRole.End,
        Schema = """{"type":"object","additionalProperties":false}""",
        Ports = PortsOf.Named(),
        Help = "What arrives at its in-ports are outputs of the flow, by their names.",
        Example = "{}",
    };
}
