using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>Which model a workspace takes for a task where none is named.</summary>
public interface IDefaultModels
{
    /// <summary>The choices of a workspace, by task; a task without one takes what fits best.</summary>
    Task<IReadOnlyDictionary<ModelTask, string>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken);

    /// <summary>Chooses a model for a task; null takes the choice back.</summary>
    Task SetAsync(WorkspaceId workspace, ModelTask task, string? model, UserId? by, CancellationToken cancellationToken);
}

/// <summary>Writes what was done to the models of this machine into the audit log of the workspace it was done from.</summary>
public interface IModelAudit
{
    /// <param name="action">Stable, dotted: <c>model.removed</c>.</param>
    Task AppendAsync(WorkspaceId workspace, UserId? by, string action, string model, string detail, CancellationToken cancellationToken);
}
