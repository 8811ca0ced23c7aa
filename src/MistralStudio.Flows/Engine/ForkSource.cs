using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Engine;

/// <summary>What a fork takes over from the run that it is a fork of.</summary>
/// <param name="Forked">Which run, from which node on, with which values instead.</param>
/// <param name="ByPath">Outputs of nodes before that node, by path.</param>
/// <param name="ByKey">Outputs of other nodes, by the key of their result.</param>
internal sealed record ForkSource(
    Forked Forked,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, FlowValue>> ByPath,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, FlowValue>> ByKey)
{
    /// <summary>Outputs of all nodes by path, where the world is spared; empty otherwise.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, FlowValue>> Made { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, FlowValue>>();
}
