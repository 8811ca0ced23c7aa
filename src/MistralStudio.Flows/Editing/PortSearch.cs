using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>A port that something could be connected to.</summary>
/// <param name="Node">Path of its node; that of the container for the way out of its inside.</param>
/// <param name="Edge">What would be drawn.</param>
/// <param name="Type">What it takes; null where it takes anything.</param>
/// <param name="IsNew">True where the port is made by connecting to it.</param>
/// <param name="IsConnected">True where this very edge is there already.</param>
/// <param name="Taken">Where it reads from now; empty where from nowhere.</param>
/// <param name="Why">Why it does not fit; null where it does.</param>
public sealed record PortChoice(string Node, FlowEdge Edge, string Port, PortType? Type, bool IsNew, bool IsConnected, IReadOnlyList<string> Taken, Error? Why)
{
    /// <summary>True where the port is needed, or takes the value whatever it turns out to be.</summary>
    public bool IsLikely { get; init; }
}

/// <summary>Finds the ports that fit each other.</summary>
public static class PortSearch
{
    /// <summary>What a node gives to those beside it; of a container seen from inside: what it gives to its inside.</summary>
    public static IReadOnlyList<Port> Giving(FlowLook look, string scope, string node)
    {
        ArgumentNullException.ThrowIfNull(look);
        return FlowLook.IsContainer(scope, node) ? look.Of(scope).ToBody : look.Of(Scopes.Join(scope, node)).Outputs;
    }

    /// <summary>
    /// Where an out-port can be connected to in its scope: nodes in the author's order, then the way out of the container; those that do not fit
    /// say why.
    /// </summary>
    public static IReadOnlyList<PortChoice> Targets(FlowLook look, string scope, string node, string port)
    {
        ArgumentNullException.ThrowIfNull(look);
        if (Scopes.Find(look.Definition, scope) is not { } body)
        {
            return [];
        }

        var from = $"{node}.{port}";
        var type = look.Giving(scope, from)?.Type ?? PortType.Json;
        var before = new HashSet<string>(body.Nodes.Select(one => one.Id).Where(id => look.After(scope, id).Contains(node)), StringComparer.Ordinal) { node };
        var choices = new List<PortChoice>();
        foreach (var target in body.Nodes.Where(one => one.Id != node))
        {
            var seen = look.Of(Scopes.Join(scope, target.Id));
            Add(choices, body, Scopes.Join(scope, target.Id), target.Id, seen.Inputs, seen.TakesMore, from, type, before.Contains(target.Id) ? EditLoop(target.Id, node) : null);
        }

        if (scope.Length > 0 && !FlowLook.IsContainer(scope, node))
        {
            var container = look.Of(scope);
            Add(choices, body, scope, Scopes.Split(scope).Id, container.FromBody, container.TakesMoreBack, from, type, null);
        }

        return choices;
    }

    /// <summary>True where an edge may be drawn: the port is there, fits, and nothing would wait for itself.</summary>
    public static Error? Refuses(FlowLook look, string scope, FlowEdge edge)
    {
        if (Names.Split(edge.From) is not { } from || Names.Split(edge.To) is not { } to)
        {
            return EditErrors.BadEdge();
        }

        var choice = Targets(look, scope, from.Node, from.Port).FirstOrDefault(one => one.Edge.To == edge.To);
        if (choice is null)
        {
            // A name of their own: where the node takes any.
            var seen = FlowLook.IsContainer(scope, to.Node) ? look.Of(scope).TakesMoreBack : look.Of(Scopes.Join(scope, to.Node)).TakesMore;
            return seen && Names.IsPort(to.Port) && to.Node != from.Node && !look.After(scope, to.Node).Contains(from.Node) ? null : EditErrors.BadEdge();
        }

        return choice.IsConnected ? EditErrors.SameEdge() : choice.Why;
    }

    /// <summary>The name that a value gets where a node takes any: that of where it comes from.</summary>
    public static string NewName(string from, IEnumerable<Port> there)
    {
        var (node, port) = Names.Split(from) ?? ("value", "value");
        var stem = new[] { port is "text" or "value" or "result" or "body" ? node.Replace('-', '_') : port, port, "value" }.First(Names.IsPort);
        var taken = there.Select(one => one.Name).ToHashSet(StringComparer.Ordinal);
        var name = stem;
        for (var number = 2; taken.Contains(name); number++)
        {
            name = $"{stem}_{number}";
        }

        return name;
    }

    private static void Add(
        List<PortChoice> choices, FlowBody body, string path, string id, IReadOnlyList<Port> ports, bool takesMore, string from, PortType type, Error? always)
    {
        foreach (var port in ports)
        {
            var edge = new FlowEdge(from, $"{id}.{port.Name}");
            var why = always ?? (PortType.Fit(type, port.Type) == PortFit.None ? FlowErrors.WrongType(from, type, port.Type) : null);
            choices.Add(new PortChoice(path, edge, port.Name, port.Type, false, body.Edges.Contains(edge), [.. body.Edges.Where(one => one.To == edge.To).Select(one => one.From)], why) { IsLikely = port.Required || PortType.Fit(type, port.Type) == PortFit.Always });
        }

        if (takesMore)
        {
            var name = NewName(from, ports);
            choices.Add(new PortChoice(path, new FlowEdge(from, $"{id}.{name}"), name, null, true, false, [], always));
        }
    }

    private static Error EditLoop(string target, string node) => new(
        "flow.edit_loop", $"{target} runs before {node}: that would be a circle.", "To repeat something, put it into a Loop.");
}
