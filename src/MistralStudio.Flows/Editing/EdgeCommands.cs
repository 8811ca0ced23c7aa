using MistralStudio.Core;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Connects two ports of nodes beside each other, or of a container and its inside.</summary>
/// <param name="Instead">The edge whose place it takes; null for a new one.</param>
public sealed record ConnectPorts(string Scope, FlowEdge Edge, FlowEdge? Instead = null) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => Instead is null ? "Connect" : "Reconnect";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        if (Scopes.Find(definition, Scope) is not { } there)
        {
            return EditErrors.NoSuchScope(Scope);
        }

        if (!IsEnd(there, Edge.From) || !IsEnd(there, Edge.To) || !Names.IsPort(Names.Split(Edge.To)!.Value.Port))
        {
            return EditErrors.BadEdge();
        }

        if (Edge != Instead && there.Edges.Contains(Edge))
        {
            return EditErrors.SameEdge();
        }

        if (Instead is not null && !there.Edges.Contains(Instead))
        {
            return EditErrors.NoSuchEdge(Instead.From, Instead.To);
        }

        return Scopes.With(definition, Scope, body => body with { Edges = Instead is null ? [.. body.Edges, Edge] : [.. body.Edges.Select(edge => edge == Instead ? Edge : edge)] })!;
    }

    private bool IsEnd(FlowBody body, string end) =>
        Names.Split(end) is { } split && (body.Nodes.Any(node => node.Id == split.Node) || (Scope.Length > 0 && Scopes.Split(Scope).Id == split.Node));
}
