using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Core.Flows;

/// <summary>How nodes reach models: with the rights of their run, and never past the border of what stays on this machine.</summary>
public static class NodeModels
{
    /// <summary>
    /// Finds a node's model. It fails where the run may use none, and where the node holds words of a base that stays on this machine and the
    /// model is elsewhere.
    /// </summary>
    /// <param name="model">A model reference, as the author wrote it.</param>
    /// <param name="hears">Bases whose words the model will hear beside those that the node's values came from.</param>
    public static async ValueTask<Result<ResolvedModel>> ResolveAsync(
        this IModelRouter router, IKnowledgeStates knowledge, NodeExecution execution, string model, IReadOnlyCollection<KnowledgeBaseId> hears,
        CancellationToken cancellationToken)
    {
        if (execution.Rights!.Refuses(Permissions.ModelsUse) is { } refused)
        {
            return refused;
        }

        if (!ModelReference.TryParse(model, out var reference))
        {
            return ModelErrors.BadReference(model);
        }

        var heard = await knowledge.ListBasesOfAsync(execution.Start.Workspace, execution.Sources, cancellationToken);
        return await router.ResolveAsync(execution.Start.Workspace, reference, [.. heard.Union(hears)], cancellationToken);
    }
}
