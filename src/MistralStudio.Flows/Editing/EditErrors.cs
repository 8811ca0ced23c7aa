using MistralStudio.Core;

namespace MistralStudio.Flows.Editing;

/// <summary>Expected failures of editing a flow.</summary>
public static class EditErrors
{
    public static Error NoSuchNode(string path) => new("flow.edit_no_node", $"The node \"{Cut(path)}\" is not there any more.", "Somebody may have removed it; undo brings it back.");

    public static Error NoSuchScope(string scope) => new("flow.edit_no_container", $"The container \"{Cut(scope)}\" is not there any more.", "Choose another place for it.");

    public static Error NoSuchNote() => new("flow.edit_no_note", "This remark is not there any more.", "Somebody may have removed it; undo brings it back.");

    public static Error NoSuchEdge(string from, string to) => new("flow.edit_no_edge", $"{Cut(from)} and {Cut(to)} are not connected any more.", "Connect them again.");

    public static Error TakenId(string id) => new("flow.edit_taken_id", $"Another node here has the id \"{Cut(id)}\".", "Choose another id.");

    public static Error BadId(string id) => new("flow.bad_id", $"\"{Cut(id)}\" cannot be the id of a node.", "Use up to 63 letters, digits, - and _, beginning with a letter or digit.");

    public static Error BadPort(string port) => new("flow.edit_bad_port", $"\"{Cut(port)}\" cannot be the name of a value.", "Use up to 63 letters, digits, - and _, beginning with a letter or _.");

    public static Error TakenPort(string port) => new("flow.edit_taken_port", $"This step takes another value by the name \"{Cut(port)}\".", "Choose another name.");

    public static Error SameEdge() => new("flow.edit_same_edge", "These two are connected already.", "Choose another port.");

    public static Error BadEdge() => new("flow.edit_bad_edge", "One end of this connection is no port of a node here.", "Draw it between two nodes that stand beside each other.");

    public static Error BadField(string pointer) => new("flow.edit_bad_field", $"There is no place \"{Cut(pointer)}\" in these settings.", "Open the node's source to see how they are written.");

    public static Error NotOurs() => new("flow.edit_not_ours", "What is on the clipboard is no part of a flow.", "Copy nodes on a canvas first, or the source of a flow.");

    public static Error TooMuch(int nodes, int limit) => new("flow.edit_too_much", $"There are {nodes:N0} nodes on the clipboard; {limit:N0} can be pasted at once.", "Copy fewer of them.");

    public static Error TooLong(long characters) => new("flow.edit_too_long", $"What is on the clipboard has {characters:N0} characters; that is more than can be pasted at once.", "Copy fewer nodes, or bring the flow in as a file from the list of flows.");

    public static Error NothingToCollapse() => new("flow.edit_nothing_to_collapse", "A part of a flow that stands for itself needs nodes beside each other, without the flow's own start or end.", "Select the steps between them.");

    public static Error CollapseAround(string node) => new("flow.edit_collapse_around", $"\"{Cut(node)}\" stands between the selected nodes: it needs one of them, and one of them needs it.", "Select it too.");

    public static Error NothingToUndo() => new("flow.edit_nothing_to_undo", "There is nothing left to undo.", "");

    private static string Cut(string text) => text.Length <= 80 ? text : $"{text[..77]}...";
}
