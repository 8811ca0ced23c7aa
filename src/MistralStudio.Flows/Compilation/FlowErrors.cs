using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Compilation;

/// <summary>What can be wrong with a flow.</summary>
public static class FlowErrors
{
    public static Error Empty() => new("flow.empty", "This flow has no nodes.", "Add a Start and what is to follow it.");

    public static Error EmptyBody() => new("flow.empty_body", "There is nothing inside this container.", "Add the nodes that it is to repeat.");

    public static Error TooLarge(string what, int count, int limit) => new(
        "flow.too_large", $"This flow has {count:N0} {what}; the limit is {limit:N0}.", "Move parts of it into flows of their own, and call them as sub-flows.");

    public static Error TooDeep(int limit) => new(
        "flow.too_deep", $"Containers and sub-flows are nested more than {limit} deep here.", "Take some of them out of each other.");

    public static Error BadId(string id) => new(
        "flow.bad_id",
        id.Length == 0 ? "This node has no id." : $"\"{Cut(id)}\" cannot be the id of a node.",
        "Use up to 63 letters, digits, - and _, beginning with a letter or digit.");

    public static Error DuplicateId(string id) => new(
        "flow.duplicate_id", $"Two nodes beside each other have the id \"{id}\".", "Give one of them another id.");

    public static Error UnknownType(string type) => new(
        "flow.unknown_type",
        $"There is no type of node \"{Cut(type)}\" in this studio.",
        "Choose one of the palette; a newer studio, or another room of this one, may have it.");

    public static Error BadConfig(string message) => new("flow.bad_config", message, "Correct this field.");

    public static Error NoBody(string type) => new("flow.no_body", $"A node of type {type} repeats a body, and has none.", "Give it a body with the nodes to repeat.");

    public static Error StrayBody(string type) => new("flow.stray_body", $"A node of type {type} has no body.", "Take the body away, or make the node a For each or a Loop.");

    public static Error NotInside(string type) => new(
        "flow.not_inside",
        $"A node of type {type} cannot be inside a container.",
        "Move it outside, and bring its value out through the container.");

    public static Error BadEdge(string end) => new(
        "flow.bad_edge", $"\"{Cut(end)}\" is no end of an edge.", "Name a node and a port: search.passages.");

    public static Error EdgeToNowhere(string node) => new(
        "flow.edge_to_nowhere", $"An edge names the node \"{Cut(node)}\", which is not here.", "Remove the edge, or connect it to a node beside this one.");

    public static Error Cycle(IReadOnlyList<string> nodes) => new(
        "flow.cycle",
        $"These nodes wait for each other: {string.Join(" → ", nodes.Take(8))}{(nodes.Count > 8 ? " → …" : "")}.",
        "Remove one of the edges between them; to repeat something, put it into a Loop.");

    public static Error NoSuchOutput(string port, IEnumerable<string> there) => new(
        "flow.no_such_output", $"There is no out-port \"{Cut(port)}\" here.", There("It has", there, "It has no out-ports: remove the edge."));

    public static Error NoErrorPort() => new(
        "flow.no_error_port", "The error port is there only where the node's policy asks for it.", "Set the policy \"on error\" of the node to \"port\".");

    public static Error NoSuchInput(string port, IEnumerable<string> there) => new(
        "flow.no_such_input", $"There is no in-port \"{Cut(port)}\" here.", There("It takes", there, "It takes nothing: remove the edge."));

    public static Error BadPortName(string port) => new(
        "flow.bad_port_name", $"\"{Cut(port)}\" cannot be the name of a port.", "Use up to 63 letters, digits, - and _, beginning with a letter.");

    public static Error NotConnected(string port) => new(
        "flow.not_connected", $"Nothing is connected to the in-port \"{port}\".", "Connect it to an out-port that gives what it needs.");

    public static Error WrongType(string from, PortType given, PortType wanted) => new(
        "flow.wrong_type",
        $"{from} gives {given}, and this port takes {wanted}.",
        wanted.Kind == PortKind.Text ? "Put a Template between them that writes it as text." : "Connect another port, or convert it with a Code node in between.");

    public static Error UnknownName(string name, IEnumerable<string> there) => new(
        "flow.unknown_name",
        $"\"{Cut(name)}\" is not brought to this node by any edge.",
        There("Connect it to this node, or name one of", there, "Connect what it should name to this node."));

    public static Error UnknownVariable(string name) => new(
        "flow.unknown_variable",
        $"The variable \"{Cut(name)}\" is not set before this node.",
        "Set it with a Set variable node that comes before this one, and connect the two.");

    public static Error BadPolicy(string what, string next) => new("flow.bad_policy", what, next);

    public static Error DuplicateInput(string name) => new(
        "flow.duplicate_input", $"The flow has two inputs with the name \"{Cut(name)}\".", "Rename one of them.");

    public static Error BadDefault(string name, PortType type) => new(
        "flow.bad_default", $"The default of \"{Cut(name)}\" is not of the type {type}.", "Give a value of that type, or none.");

    public static Error SubFlowMissing(string reference) => new(
        "flow.sub_flow_missing", $"There is no published flow \"{Cut(reference)}\" here.", "Publish it, or choose another.");

    public static Error SubFlowInItself(string reference) => new(
        "flow.sub_flow_in_itself", $"The flow \"{Cut(reference)}\" calls itself.", "Take the call out; to repeat something, put it into a Loop.");

    public static Error SubFlowBroken(string reference, FlowProblem first) => new(
        "flow.sub_flow_broken",
        $"The flow \"{Cut(reference)}\" does not compile: {(first.Node.Length == 0 ? "" : first.Node + ": ")}{first.Message}",
        "Correct and publish it, then choose the new version.");

    public static Error DuplicateOutput(string name) => new(
        "flow.duplicate_output",
        $"Two nodes give the flow's output \"{Cut(name)}\" different types.",
        "Name one of the two differently.");

    private static string There(string lead, IEnumerable<string> names, string none)
    {
        var all = names.Take(12).ToList();
        return all.Count == 0 ? none : $"{lead}: {string.Join(", ", all)}.";
    }

    private static string Cut(string text) => text.Length <= 80 ? text : $"{text[..77]}...";
}
