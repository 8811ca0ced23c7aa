using System.Text.Json.Serialization;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>What the journal of a run knows how to say.</summary>
public enum RunEventKind
{
    RunStarted,
    NodeStarted,
    NodeSucceeded,
    NodeFailed,
    NodeSkipped,
    NodeReused,
    NodeUncertain,
    RetryScheduled,
    StepStarted,
    StepSucceeded,
    StepFailed,
    Suspended,
    Resumed,
    BudgetExceeded,
    CancelRequested,
    Forked,
    RunFinished,
}

/// <summary>
/// A transition of a run. The members of this record are columns of the journal, those of its kinds are the payload; a run's state is
/// nothing but the fold of its events.
/// </summary>
public abstract record RunEvent
{
    private protected RunEvent(RunEventKind kind) => Kind = kind;

    /// <summary>Its number in the run, from 1 without a gap.</summary>
    [JsonIgnore]
    public long Seq { get; init; }

    /// <summary>When it happened, UTC.</summary>
    [JsonIgnore]
    public DateTimeOffset At { get; init; }

    /// <summary>Path of the node's instance (<c>each[17]/draft</c>); empty for the run itself.</summary>
    [JsonIgnore]
    public string Node { get; init; } = "";

    /// <summary>Which start of the node, from 1; 0 where it did not start.</summary>
    [JsonIgnore]
    public int Attempt { get; init; }

    /// <summary>Which step inside the node, from 1; 0 where it is not about one.</summary>
    [JsonIgnore]
    public int Step { get; init; }

    /// <summary>Which of the kinds it is.</summary>
    [JsonIgnore]
    public RunEventKind Kind { get; }
}

/// <summary>The run began; always the first.</summary>
public sealed record RunStarted(RunStart Start) : RunEvent(RunEventKind.RunStarted);

/// <summary>The run is a fork of another: it follows <see cref="RunStarted"/> at once.</summary>
/// <param name="From">The other run.</param>
/// <param name="FromNode">Path of the node from which on things are done anew.</param>
/// <param name="Edits">Values put in the place of the other run's, by <c>path.port</c>.</param>
public sealed record Forked(RunId From, string FromNode, IReadOnlyDictionary<string, FlowValue> Edits) : RunEvent(RunEventKind.Forked)
{
    /// <summary>True where nodes that change the world take what the other run's did, and fail where it did nothing: a replay does nothing twice.</summary>
    public bool SparesWorld { get; init; }
}

/// <summary>A node starts. Committed before anything that it does, unless it is pure.</summary>
public sealed record NodeStarted() : RunEvent(RunEventKind.NodeStarted)
{
    /// <summary>How many times a container's body will run; null for one that does not know, and for other nodes.</summary>
    public int? Iterations { get; init; }
}

/// <summary>A node is done. Out-ports without a value are skipped: that is how branches are not taken.</summary>
/// <param name="Outputs">Values by out-port.</param>
public sealed record NodeSucceeded(IReadOnlyDictionary<string, FlowValue> Outputs) : RunEvent(RunEventKind.NodeSucceeded)
{
    /// <summary>What it used beyond its steps; null for nothing.</summary>
    public RunUsage? Usage { get; init; }

    /// <summary>By which the result can be found again; null where it is not to be.</summary>
    public string? Key { get; init; }
}

/// <summary>A node failed for good.</summary>
/// <param name="Outputs">What its out-ports take by its policy (defaults, or the error port); null where what it is in fails.</param>
public sealed record NodeFailed(Error Error, IReadOnlyDictionary<string, FlowValue>? Outputs) : RunEvent(RunEventKind.NodeFailed);

/// <summary>No edge to the node was taken.</summary>
public sealed record NodeSkipped() : RunEvent(RunEventKind.NodeSkipped);

/// <summary>An earlier result was taken instead of running the node.</summary>
/// <param name="From">The run that it is from; null where it is from the workspace's cache.</param>
public sealed record NodeReused(IReadOnlyDictionary<string, FlowValue> Outputs, RunId? From) : RunEvent(RunEventKind.NodeReused)
{
    /// <summary>True where the result is pinned in the draft that runs.</summary>
    public bool IsPinned { get; init; }

    /// <summary>By which the result can be found again; null where it is not to be.</summary>
    public string? Key { get; init; }
}

/// <summary>A node that changes the world was cut off, and a person has to say whether it happened.</summary>
public sealed record NodeUncertain(Bookmark Bookmark) : RunEvent(RunEventKind.NodeUncertain);

/// <summary>A try failed with a transient error; there will be another.</summary>
public sealed record RetryScheduled(Error Error, DateTimeOffset DueAt) : RunEvent(RunEventKind.RetryScheduled);

/// <summary>A step inside a node starts: a model call, a tool call, an iteration of a loop.</summary>
public sealed record StepStarted(string Name, NodeEffects Effects) : RunEvent(RunEventKind.StepStarted)
{
    /// <summary>True where doing it twice is the same as doing it once.</summary>
    public bool IsIdempotent { get; init; }
}

/// <summary>A step is done; it will not be done again.</summary>
public sealed record StepSucceeded(FlowValue Value) : RunEvent(RunEventKind.StepSucceeded)
{
    /// <summary>What it used; null for nothing.</summary>
    public RunUsage? Usage { get; init; }
}

/// <summary>A step failed; what becomes of it is up to its node.</summary>
public sealed record StepFailed(Error Error) : RunEvent(RunEventKind.StepFailed);

/// <summary>A node waits for a person, a time or a call.</summary>
public sealed record Suspended(Bookmark Bookmark) : RunEvent(RunEventKind.Suspended);

/// <summary>A bookmark was used.</summary>
public sealed record Resumed(Resumption Resumption) : RunEvent(RunEventKind.Resumed);

/// <summary>The run has used more than it may.</summary>
public sealed record BudgetExceeded(Error Error) : RunEvent(RunEventKind.BudgetExceeded);

/// <summary>Somebody wants the run to stop.</summary>
/// <param name="By">Who; null for the studio itself.</param>
public sealed record CancelRequested(UserId? By) : RunEvent(RunEventKind.CancelRequested);

/// <summary>The run ended; always the last.</summary>
/// <param name="Status">Succeeded, failed or cancelled.</param>
public sealed record RunFinished(RunStatus Status, IReadOnlyDictionary<string, FlowValue> Outputs, Error? Error) : RunEvent(RunEventKind.RunFinished)
{
    /// <summary>What it used in all.</summary>
    public RunUsage Usage { get; init; } = RunUsage.None;
}
