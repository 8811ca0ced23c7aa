using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Default models in memory, one choice a task for every workspace.</summary>
public sealed class ChosenModels : IDefaultModels
{
    private readonly Dictionary<ModelTask, string> _chosen = [];

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<ModelTask, string>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<ModelTask, string>>(_chosen);

    /// <inheritdoc/>
    public Task SetAsync(WorkspaceId workspace, ModelTask task, string? model, UserId? by, CancellationToken cancellationToken)
    {
        _chosen.Remove(task);
        if (model is not null)
        {
            _chosen[task] = model;
        }

        return Task.CompletedTask;
    }
}
