using System.Text.Json;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>Runs the nodes of one type. One instance serves all runs; it holds nothing of any.</summary>
public interface INodeExecutor
{
    /// <summary>The <see cref="NodeType.Id"/> that it runs.</summary>
    string Type { get; }

    /// <summary>
    /// Runs a node once. What it returns is journalled before anyone sees it; where the process dies before, the node is run again (see
    /// <see cref="NodeEffects"/>). An exception is a fault and fails the node. An executor of a pure node that is done at once returns
    /// without going asynchronous: the run's loop goes on in the same breath. Cancellation means that the run was cancelled, the time of the
    /// node is over or the process stops.
    /// </summary>
    ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken);

    /// <summary>
    /// Names the state of all that the node would read now: content hash of its model, generation of its index. It is part of the key of its
    /// result; null where it cannot be named, and the result serves no other run then.
    /// </summary>
    ValueTask<string?> GenerationAsync(NodeExecution execution, CancellationToken cancellationToken) => new((string?)null);
}

/// <summary>What one run of a node came to.</summary>
public abstract record NodeOutcome
{
    private NodeOutcome()
    {
    }

    /// <summary>It is done. Out-ports without a value are skipped.</summary>
    public sealed record Succeeded(IReadOnlyDictionary<string, FlowValue> Outputs) : NodeOutcome
    {
        /// <summary>What it used beyond its steps; null for nothing.</summary>
        public RunUsage? Usage { get; init; }
    }

    /// <summary>It failed.</summary>
    /// <param name="IsTransient">True where the same may go well a little later: only then is it tried again.</param>
    public sealed record Failed(Error Error, bool IsTransient = false) : NodeOutcome
    {
        /// <summary>The least that is waited before the next try, as the other side asks; null where it does not.</summary>
        public TimeSpan? RetryAfter { get; init; }
    }

    /// <summary>It waits; the node is run again with <see cref="NodeExecution.Resumption"/> once the bookmark was used.</summary>
    public sealed record Suspended(Bookmark Bookmark) : NodeOutcome;

    /// <summary>One out-port has a value.</summary>
    public static NodeOutcome Of(string port, FlowValue value) => new Succeeded(new Dictionary<string, FlowValue>(1, StringComparer.Ordinal) { [port] = value });
}

/// <summary>What a node is given to run.</summary>
public sealed record NodeExecution
{
    /// <summary>The run.</summary>
    public required RunId Run { get; init; }

    /// <summary>How the run began: workspace, flow, authority.</summary>
    public required RunStart Start { get; init; }

    /// <summary>Path of the node's instance.</summary>
    public required string Path { get; init; }

    /// <summary>Which start of the node, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Its configuration with every template evaluated, as <see cref="NodeType.ConfigType"/> or a <see cref="JsonElement"/>.</summary>
    public required object Config { get; init; }

    /// <summary>Values at hand by in-port, in the order of the edges; ports whose edges were skipped are not there.</summary>
    public required IReadOnlyDictionary<string, FlowValue> Inputs { get; init; }

    /// <summary>Documents that its inputs and the variables that it reads came from.</summary>
    public IReadOnlyCollection<DocumentId> Sources { get; init; } = [];

    /// <summary>What it may touch; null for a pure node.</summary>
    public RunRights? Rights { get; init; }

    /// <summary>The same for every attempt of this node in this run, and different for every other.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>How the bookmark that the node waited at was used; null where it did not wait.</summary>
    public Resumption? Resumption { get; init; }

    /// <summary>The steps inside the node.</summary>
    public required INodeSteps Steps { get; init; }

    /// <summary>Takes more of the node's text while it grows, for those who watch.</summary>
    public required Action<string> Stream { get; init; }

    /// <summary>The clock of the run.</summary>
    public required TimeProvider Time { get; init; }
}

/// <summary>What a step does.</summary>
public sealed record NodeStep(string Name, NodeEffects Effects)
{
    /// <summary>True where doing it twice is the same as doing it once.</summary>
    public bool IsIdempotent { get; init; }
}

/// <summary>A value of a step, with what it used.</summary>
public sealed record StepValue(FlowValue Value, RunUsage? Usage = null);

/// <summary>Steps inside a node that are journalled one by one, so that a crash repeats at most one.</summary>
public interface INodeSteps
{
    /// <summary>How many steps, from the first on, the journal has the outcome of: they are given back instead of done.</summary>
    int Recorded { get; }

    /// <summary>
    /// Does the next step, or gives what the journal has of it without doing it. Returns once the outcome is durable. A step that changes the
    /// world, is not idempotent and was cut off is not done again: the run waits for a person, and this call is cancelled.
    /// </summary>
    ValueTask<Result<FlowValue>> RunAsync(
        NodeStep step, Func<CancellationToken, ValueTask<Result<StepValue>>> work, CancellationToken cancellationToken);
}
