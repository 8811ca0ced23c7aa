using Microsoft.Extensions.Localization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Features.Flows.Changes;

/// <summary>A change of a flow as it is told and marked.</summary>
internal static class ChangeWords
{
    /// <summary>What the styles call it: added, removed or changed.</summary>
    public static string MarkOf(ChangeKind kind) => kind switch { ChangeKind.Added => "added", ChangeKind.Removed => "removed", _ => "changed" };

    /// <summary>The sign before it.</summary>
    public static string SignOf(ChangeKind kind) => kind switch { ChangeKind.Added => "+", ChangeKind.Removed => "−", _ => "~" };

    /// <summary>The type of the node that changed, as the newer definition has it where it is there; null for other parts, and where it is not installed.</summary>
    public static NodeType? TypeOf(FlowChange change, FlowDefinition before, FlowDefinition after, NodeCatalogView catalog) =>
        change.Part == ChangedPart.Node && (Scopes.FindNode(after, change.Path) ?? Scopes.FindNode(before, change.Path)) is { } node ? catalog.Find(node.Type) : null;

    /// <summary>What the changed part is called: a node by its title, as the newer definition has it where it is there.</summary>
    public static string NameOf(FlowChange change, FlowDefinition before, FlowDefinition after, NodeCatalogView catalog, IStringLocalizer words) => change.Part switch
    {
        ChangedPart.Node when (Scopes.FindNode(after, change.Path) ?? Scopes.FindNode(before, change.Path)) is { } node => catalog.TitleOf(node),
        ChangedPart.Budget or ChangedPart.Notes => words[$"Diff.{change.Part}"],
        _ => change.Path,
    };
}
