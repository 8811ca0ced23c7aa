using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Flows;

/// <summary>What the failure of a model is to a run.</summary>
public static class ModelFailure
{
    // Busy, loading, resting, down or not there for now: the same may go well a little later.
    private static readonly HashSet<string> s_passing = new(StringComparer.Ordinal)
    {
        "model.queue_full", "model.loading", "model.engine_failed", "connection.busy", "connection.failed", "connection.resting",
        "egress.timeout", "egress.unreachable", "egress.broken", KnowledgeErrors.IndexUnreachable,
    };

    /// <summary>True where it passes.</summary>
    public static bool IsTransient(Error error) => s_passing.Contains(error.Code);

    /// <summary>As the outcome of a node.</summary>
    public static NodeOutcome Of(ModelException failure) =>
        new NodeOutcome.Failed(failure.Error, failure.RetryAfter is not null || IsTransient(failure.Error)) { RetryAfter = failure.RetryAfter };

    /// <summary>As the outcome of a node.</summary>
    public static NodeOutcome Of(Error error) => new NodeOutcome.Failed(error, IsTransient(error));
}
