using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows.Compare;

/// <summary>One of two runs that are compared.</summary>
/// <param name="Definition">What it executed; null where that is gone.</param>
public sealed record ComparedRun(RunSummary Run, RunState State, Flow? Flow, FlowDefinition? Definition)
{
    /// <summary>How long it took; null while it goes on.</summary>
    public TimeSpan? Took => State.EndedAt is { } ended ? ended - State.StartedAt : null;

    /// <summary>Where it stands.</summary>
    public RunStatus Status => State.EndedAt is null ? Run.Status : State.Status;
}

/// <summary>A value of a node in two runs.</summary>
/// <param name="Left">Text of it; null where it is not there, or is not read: then <see cref="IsLarge"/>.</param>
/// <param name="IsLarge">True where one is too large to be compared on a page.</param>
public sealed record ComparedValue(string Name, FlowValue? LeftValue, FlowValue? RightValue, string? Left, string? Right, bool IsLarge)
{
    /// <summary>True where both are the same.</summary>
    public bool IsSame => NodePair.AreEqual(LeftValue, RightValue);
}

/// <summary>Two runs node by node. Driven by the page, or by a test without a browser.</summary>
public sealed class RunCompareState(IFlowStore flows, IFlowVersions versions, IRunStore store, FlowRuns runs, RunDecisions decisions, Caller caller)
{
    /// <summary>Bytes of a value that is compared on the page.</summary>
    public const int MostBytes = 256 * 1024;

    private const int MostOthers = 30;

    /// <summary>The first run; null before both were read.</summary>
    public ComparedRun? Left { get; private set; }

    /// <summary>The second run; null before both were read.</summary>
    public ComparedRun? Right { get; private set; }

    /// <summary>The nodes of both.</summary>
    public IReadOnlyList<NodePair> Pairs { get; private set; } = [];

    /// <summary>What is different between the definitions that they executed, places left out; null where one of them is gone.</summary>
    public IReadOnlyList<FlowChange>? Changes { get; private set; }

    /// <summary>Other runs of the same flows that can be chosen, newest first.</summary>
    public IReadOnlyList<RunSummary> Others { get; private set; } = [];

    /// <summary>Nodes that did not come to the same.</summary>
    public int Different => Pairs.Count(pair => !pair.IsSame);

    /// <summary>Reads both runs; false where the caller may not see one of them, or there is none.</summary>
    public async Task<bool> LoadAsync(RunId left, RunId right, CancellationToken cancellationToken)
    {
        (Left, Right) = (await FindAsync(left, cancellationToken), await FindAsync(right, cancellationToken));
        if (Left is null || Right is null)
        {
            return false;
        }

        Pairs = RunComparison.Of(Left.State, Right.State);
        Changes = Left.Definition is { } before && Right.Definition is { } after ? [.. DefinitionDiff.Of(before, after).Where(change => !change.IsLayout)] : null;
        var own = caller.May(Permissions.RunsReadAll) ? (UserId?)null : caller.User;
        var found = new List<RunSummary> { Left.Run, Right.Run };
        foreach (var flow in new[] { Left.Run.Flow, Right.Run.Flow }.Distinct())
        {
            found.AddRange((await store.ListAsync(caller.Workspace, new RunFilter(flow, StartedBy: own), null, MostOthers, cancellationToken)).Items);
        }

        Others = [.. found.DistinctBy(run => run.Id).OrderByDescending(run => run.StartedAt)];
        return true;
    }

    /// <summary>What is different in the settings of a node; null where nothing is.</summary>
    public FlowChange? SettingsOf(string path) => Changes?.FirstOrDefault(change => change.Part == ChangedPart.Node && change.Path == path);

    /// <summary>What was different for a node before it gave what it gave; null where only one run has it, or both agree about it.</summary>
    public ChangedBefore? BeforeOf(NodePair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        return pair.Left is null || pair.Right is null || pair.IsSame
            ? null
            : ChangedBefore.Of(pair, Pairs, [.. (Left?.Definition?.Edges ?? []).Union(Right?.Definition?.Edges ?? [])], SettingsOf(pair.Path));
    }

    /// <summary>Values of a node in both runs by name, those in text that can be compared on a page.</summary>
    public async Task<IReadOnlyList<ComparedValue>> ReadAsync(
        IReadOnlyDictionary<string, FlowValue>? left, IReadOnlyDictionary<string, FlowValue>? right, CancellationToken cancellationToken)
    {
        var read = new List<ComparedValue>();
        foreach (var name in (left?.Keys ?? []).Union(right?.Keys ?? [], StringComparer.Ordinal))
        {
            var (before, after) = (left?.GetValueOrDefault(name), right?.GetValueOrDefault(name));
            var isLarge = before?.Bytes > MostBytes || after?.Bytes > MostBytes;
            read.Add(new ComparedValue(
                name, before, after, isLarge ? null : await TextAsync(Left!, before, cancellationToken), isLarge ? null : await TextAsync(Right!, after, cancellationToken), isLarge));
        }

        return read;
    }

    private async Task<string?> TextAsync(ComparedRun of, FlowValue? value, CancellationToken cancellationToken)
    {
        if (value is null || value.IsErased)
        {
            return null;
        }

        var loaded = await runs.LoadAsync(of.Run.Workspace, of.Run.Id, new Dictionary<string, FlowValue> { ["value"] = value }, cancellationToken);
        return loaded["value"] is { IsAtHand: true, Json: var json } ? json.ValueKind == JsonValueKind.String ? json.GetString() : ValueField.Indent(json) : null;
    }

    private async Task<ComparedRun?> FindAsync(RunId id, CancellationToken cancellationToken)
    {
        if (await decisions.FindRunAsync(caller, id, cancellationToken) is not { } run || await runs.StateAsync(id, cancellationToken) is not { IsSuccess: true } state)
        {
            return null;
        }

        var definition = await versions.FindAsync(caller.Workspace, run.Definition, cancellationToken) is { } version && FlowDefinitions.Read(version.Json) is { IsSuccess: true } read ? read.Value : null;
        return new ComparedRun(run, state.Value, await flows.FindAsync(caller.Workspace, run.Flow, cancellationToken), definition);
    }
}
