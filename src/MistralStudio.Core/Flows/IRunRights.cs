using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Core.Flows;

/// <summary>What a run may touch at this moment.</summary>
/// <param name="Caller">The rights that are left of those it began with.</param>
/// <param name="AccessSet">Names everything that it may read: results of one access set are not shown to another.</param>
public sealed record RunRights(Caller Caller, string AccessSet)
{
    /// <summary>Why the run may not do what needs a permission (<see cref="Permissions"/>); null where it may.</summary>
    public Error? Refuses(string permission) => Caller.May(permission) ? null : RunRightErrors.Missing(permission);
}

/// <summary>Expected failures of nodes whose run lacks a right.</summary>
public static class RunRightErrors
{
    public static Error Missing(string permission) => new(
        "run.right_missing",
        $"This run lacks the right {permission} that the node needs.",
        "A draft has the rights of who starts it, a published version those that its publisher holds: have an admin give that person a role that has it.");
}

/// <summary>Looks a run's rights up. Asked before every node that reads or changes the world, so that a right that was taken is gone at once.</summary>
public interface IRunRights
{
    /// <summary>Fails where the person is no longer a member, or the version's publisher lost the grant.</summary>
    ValueTask<Result<RunRights>> ResolveAsync(RunStart run, CancellationToken cancellationToken);
}

/// <summary>Results of nodes whose author lets any run of the workspace take them (<see cref="NodeReuse.Always"/>).</summary>
public interface INodeResults
{
    /// <summary>The outputs kept under a key; null where there are none, or one of their documents was erased.</summary>
    ValueTask<IReadOnlyDictionary<string, FlowValue>?> FindAsync(WorkspaceId workspace, string key, CancellationToken cancellationToken);

    /// <summary>Keeps outputs that the journal has.</summary>
    ValueTask KeepAsync(WorkspaceId workspace, string key, RunId run, IReadOnlyDictionary<string, FlowValue> outputs, CancellationToken cancellationToken);
}
