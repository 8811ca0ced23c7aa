using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Gallery;

namespace MistralStudio.Web.Features.Flows;

/// <summary>Which knowledge base a flow from a template is to read. Driven by the dialog, or by a test without a browser.</summary>
public sealed class TemplateBase(IKnowledgeStore store, Caller caller)
{
    private const int MostBases = 100;

    /// <summary>Names of the bases to choose from; null before they were read.</summary>
    public IReadOnlyList<string>? Names { get; private set; }

    /// <summary>The chosen one; null where there is none.</summary>
    public string? Chosen { get; set; }

    /// <summary>Reads the bases; the one of the template's own name is chosen, or else the one with the most passages.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var bases = caller.May(Permissions.KnowledgeSearch) ? (await store.ListBasesAsync(caller.Workspace, null, null, MostBases, cancellationToken)).Items : [];
        Names = [.. bases.Select(one => one.Name)];
        Chosen = Names.Contains(FlowTemplate.Base) ? FlowTemplate.Base : bases.MaxBy(one => one.Passages)?.Name;
    }

    /// <summary>The template's flow over the chosen base.</summary>
    public FlowDefinition Of(FlowTemplate template) => Asks(template) && Chosen is { } chosen ? template.Over(chosen) : template.Flow;

    /// <summary>Whether a template reads a base at all.</summary>
    public static bool Asks(FlowTemplate template) => template.Needs.Contains(TemplateNeed.KnowledgeBase);
}
