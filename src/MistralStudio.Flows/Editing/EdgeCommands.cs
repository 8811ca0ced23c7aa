using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>
/// Gives a value that edges bring by a name of their own another name. Edges, the templates of the node that call it, and what a container hands to
/// its inside follow.
/// </summary>
/// <param name="IsBack">True for what the inside of a container gives back.</param>
public sealed partial record RenamePort(string Path, string Port, string To, bool IsBack = false) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Rename";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        var (around, id) = Scopes.Split(Path);
        var scope = IsBack ? Path : around;
        if (Scopes.FindNode(definition, Path) is null || Scopes.Find(definition, scope) is not { } there)
        {
            return EditErrors.NoSuchNode(Path);
        }

        if (!Names.IsPort(To))
        {
            return EditErrors.BadPort(To);
        }

        if (To == Port)
        {
            return definition;
        }

        if (there.Edges.Any(edge => edge.To == $"{id}.{To}"))
        {
            return EditErrors.TakenPort(To);
        }

        var after = Scopes.With(definition, scope, body => body with { Edges = [.. body.Edges.Select(edge => edge.To == $"{id}.{Port}" ? edge with { To = $"{id}.{To}" } : edge)] })!;
        return IsBack ? after : Scopes.WithNode(after, Path, node => node with
        {
            Config = Called(node.Config),
            Body = node.Body is { } inside ? inside with { Edges = [.. inside.Edges.Select(edge => edge.From == $"{id}.{Port}" ? edge with { From = $"{id}.{To}" } : edge)] } : null,
        })!;
    }

    private JsonElement? Called(JsonElement? config) => config is { } given && given.GetRawText() is var text && text.Contains(Port, StringComparison.Ordinal)
        ? JsonElement.Parse(Liquid().Replace(text, found => Regex.Replace(found.Value, $"""(?<![\w.'"-]){Regex.Escape(Port)}(?![\w'"-])""", To.Replace("$", "$$", StringComparison.Ordinal))))
        : config;

    [GeneratedRegex(SetId.LiquidPattern, RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Liquid();
}

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
