using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes;

/// <summary>Ports that many types have.</summary>
internal static class PortsOf
{
    private static readonly Port[] s_none = [];

    /// <summary>Ports that never change.</summary>
    public static Func<NodeShape, NodePorts> Fixed(Port[] inputs, Port[] outputs)
    {
        var ports = new NodePorts(inputs, outputs);
        return _ => ports;
    }

    /// <summary>Takes any name, gives these.</summary>
    public static Func<NodeShape, NodePorts> Named(params Port[] outputs)
    {
        var ports = new NodePorts(s_none, outputs) { Named = true };
        return _ => ports;
    }

    /// <summary>What a branch carries: the one value that arrives, or all of them by name.</summary>
    public static PortType Carried(NodeShape shape) => shape.Arriving.Count == 1 ? shape.Arriving.Values.First() : PortType.Json;

    /// <summary>The same at run time.</summary>
    public static FlowValue Carried(IReadOnlyDictionary<string, FlowValue> inputs) => inputs.Count == 1
        ? inputs.Values.First()
        : FlowValue.From(inputs.ToDictionary(input => input.Key, input => input.Value.Json));
}
