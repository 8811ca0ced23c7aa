namespace MistralStudio.Core.Flows;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>It goes on by itself.</summary>
    Running,

    /// <summary>It waits for a person, a time or a call; it is in nobody's memory.</summary>
    Suspended,

    /// <summary>A crash cut off something that changes the world, and a person has to say whether it happened.</summary>
    Uncertain,

    /// <summary>It ended, and has outputs.</summary>
    Succeeded,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>It was stopped.</summary>
    Cancelled,
}

/// <summary>Where a node of a run stands.</summary>
public enum NodeStatus
{
    /// <summary>An edge to it is still unknown.</summary>
    Pending,

    /// <summary>It can run, and has not started.</summary>
    Queued,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It failed with a transient error and waits for its next try.</summary>
    Retrying,

    /// <summary>It waits for a person, a time or a call.</summary>
    Waiting,

    /// <summary>It ran, and its out-ports have values.</summary>
    Succeeded,

    /// <summary>It failed for good.</summary>
    Failed,

    /// <summary>No edge to it was taken.</summary>
    Skipped,

    /// <summary>An earlier result was taken instead of running it.</summary>
    Reused,

    /// <summary>A crash cut it off, and nobody knows whether what it does has happened.</summary>
    Uncertain,

    /// <summary>The run ended before it did.</summary>
    Cancelled,
}

/// <summary>Questions about states.</summary>
public static class RunStateExtensions
{
    /// <summary>True where nothing happens any more.</summary>
    public static bool IsEnded(this RunStatus status) => status is RunStatus.Succeeded or RunStatus.Failed or RunStatus.Cancelled;

    /// <summary>True where the node is done, one way or another.</summary>
    public static bool IsEnded(this NodeStatus status) =>
        status is NodeStatus.Succeeded or NodeStatus.Failed or NodeStatus.Skipped or NodeStatus.Reused or NodeStatus.Cancelled;
}
