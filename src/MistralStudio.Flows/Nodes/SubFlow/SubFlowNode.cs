using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Nodes.SubFlow;

/// <summary>Configuration of a Sub-flow.</summary>
internal sealed record SubFlowConfig(string Flow);

/// <summary>Runs another flow as a part of this one.</summary>
internal static class SubFlowNode
{
    public static NodeType Type { get; } = new()
    {
        Id = SubFlowReference.TypeId,
        Category = NodeCategory.Logic,
        Role = NodeRole.SubFlow,
        ConfigType = typeof(SubFlowConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "flow": { "type": "string", "title": "Flow", "description": "Slug of a published flow, and @ with the number of its version: triage@8. Without it, the latest when the run starts.", "pattern": "^[a-z0-9-]{1,63}(@[1-9][0-9]{0,8})?$" }
              },
              "required": ["flow"],
              "additionalProperties": false
            }
            """,
        Ports = shape => new NodePorts(shape.SubInputs, [.. shape.SubOutputs.Select(output => output with { IsBranch = true })]),
        Help = "Runs another flow of the workspace inside this run. Its in-ports are the inputs of that flow, its out-ports the outputs. It knows nothing else of this run.",
        Example = """{"flow":"triage@8"}""",
    };
}
