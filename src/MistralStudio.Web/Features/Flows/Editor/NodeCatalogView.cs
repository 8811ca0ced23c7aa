using Microsoft.Extensions.Localization;
using MistralStudio.Core.Flows;
using MistralStudio.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>A type of node as the palette has it.</summary>
/// <param name="Name">In plain words: Ask a model.</param>
public sealed record NodeKind(NodeType Type, string Name)
{
    /// <summary>The part of the palette that it is in.</summary>
    public NodeCategory Category => Type.Category;
}

/// <summary>The types of nodes that are installed, by the names that people know them under.</summary>
public sealed class NodeCatalogView(NodeCatalog catalog, IStringLocalizer words)
{
    private IReadOnlyList<NodeKind>? _kinds;

    /// <summary>All that a person may add, by category and name.</summary>
    public IReadOnlyList<NodeKind> Kinds => _kinds ??=
        [.. catalog.Entries.Select(entry => new NodeKind(entry.Type, NameOf(entry.Type.Id))).OrderBy(kind => kind.Category).ThenBy(kind => kind.Name, StringComparer.CurrentCulture)];

    /// <summary>What a type is called; its id where nobody gave it a name.</summary>
    public string NameOf(string type) => NodeFace.NameOf(type, words);

    /// <summary>What a node is called: its title, or what its type is called.</summary>
    public string TitleOf(FlowNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return NodeFace.TitleOf(node.Type, node.Title, words);
    }

    /// <summary>The type of an id; null where it is not installed.</summary>
    public NodeType? Find(string type) => catalog.Find(type)?.Type;

    /// <summary>What the engine does with it; null where it is not installed.</summary>
    public NodeRole? RoleOf(string type) => catalog.Find(type)?.Type.Role;

    /// <summary>Those whose name, id or help has a text; all of them for none.</summary>
    public IEnumerable<NodeKind> Matching(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var wanted = text.Trim();
        return wanted.Length == 0
            ? Kinds
            : Kinds.Where(kind => Has(kind.Name) || Has(kind.Type.Id) || Has(kind.Type.Help)).OrderBy(kind => Has(kind.Name) ? 0 : Has(kind.Type.Id) ? 1 : 2);

        bool Has(string there) => there.Contains(wanted, StringComparison.CurrentCultureIgnoreCase);
    }
}
