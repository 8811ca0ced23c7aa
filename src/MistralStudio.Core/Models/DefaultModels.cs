using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>What a workspace means where it names no model.</summary>
public static class DefaultModels
{
    /// <summary>
    /// What the workspace chose for a task, as long as it works here; otherwise the first model of the task that works, one made for work before
    /// the starter; one that failed where there is no other, so that its own error is told; null where there is none.
    /// </summary>
    public static async ValueTask<InstalledModel?> FindAsync(
        this IDefaultModels defaults, IModelHost host, WorkspaceId workspace, ModelTask task, CancellationToken cancellationToken)
    {
        var chosen = (await defaults.ListAsync(workspace, cancellationToken)).GetValueOrDefault(task);
        return host.List()
            .Where(model => model.Task == task)
            .OrderBy(model => model.State == ModelState.Failed)
            .ThenBy(model => model.Id != chosen)
            .ThenBy(model => model.IsStarter)
            .ThenBy(model => model.Id, StringComparer.Ordinal)
            .FirstOrDefault();
    }
}
