using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>How a run is started.</summary>
/// <param name="Inputs">The flow's inputs by name.</param>
/// <param name="Version">Number of a published version, or <c>"draft"</c>; absent: the latest, or the draft where nothing was published.</param>
/// <param name="Wait">True to be answered once the run has ended, or waits for somebody.</param>
/// <param name="WaitSeconds">How long at most; 120 where it is not said.</param>
/// <param name="Pins">
/// True to take the outputs that are pinned in the draft instead of running their nodes, as the editor does: with version <c>"draft"</c> only, and for those who
/// may write flows. Absent: every node runs.
/// </param>
internal sealed record WireRunOrder(Dictionary<string, JsonElement>? Inputs, JsonElement? Version, bool? Wait, int? WaitSeconds, bool? Pins);

/// <summary>A run that was started, and what it came to where that was waited for.</summary>
internal sealed record WireStarted(RunId Id, string State)
{
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }

    public WireUsage? Usage { get; init; }

    public Error? Error { get; init; }

    public static WireStarted From(RunResult result) => new(result.Id, WireJson.Camel(result.Status))
    {
        Outputs = result.Status.IsEnded() ? WireValues.Of(result.Outputs) : null,
        Usage = result.Status.IsEnded() ? WireUsage.From(result.Usage) : null,
        Error = result.Error,
    };
}

/// <summary>What was used.</summary>
/// <param name="Cost">US dollars; null where it is not known, and on this machine.</param>
internal sealed record WireUsage(long InputTokens, long OutputTokens, decimal? Cost)
{
    public static WireUsage From(RunUsage usage) => new(usage.InputTokens, usage.OutputTokens, usage.Cost);
}

/// <summary>A run in lists.</summary>
internal sealed record WireRunItem(
    RunId Id, FlowId FlowId, int? Version, string State, string Trigger, UserId StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, Error? Error, WireUsage Usage)
{
    public static WireRunItem From(RunSummary run) => new(
        run.Id, run.Flow, run.Version, WireJson.Camel(run.Status), WireJson.Camel(run.Trigger), run.StartedBy, run.StartedAt, run.EndedAt, run.Error, WireUsage.From(run.Usage));
}

/// <summary>A run with its nodes at the top level.</summary>
internal sealed record WireRun(
    RunId Id,
    FlowId FlowId,
    int? Version,
    string State,
    string Trigger,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyDictionary<string, JsonElement> Inputs,
    IReadOnlyDictionary<string, JsonElement> Outputs,
    Error? Error,
    IReadOnlyList<WireNode> Nodes,
    IReadOnlyList<WireBookmark> WaitingFor,
    WireUsage Usage,
    WireFork? Fork,
    long LastEvent);

/// <summary>The run that a run is a fork of.</summary>
internal sealed record WireFork(RunId Run, string From, IReadOnlyList<string> Edits);

/// <summary>A node of a run.</summary>
/// <param name="Pinned">True where it was not run: its output was pinned in the draft.</param>
/// <param name="Iterations">Of a container that began: rounds that are done, in all where that is known, and those that failed.</param>
internal sealed record WireNode(
    string Path,
    string Type,
    string? Title,
    string State,
    int Attempts,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyDictionary<string, JsonElement> Inputs,
    IReadOnlyDictionary<string, JsonElement> Outputs,
    Error? Error,
    bool Reused,
    bool Pinned,
    WireIterations? Iterations,
    WireUsage? Usage)
{
    public static WireNode From(NodeView node) => new(
        node.Path, node.Type, node.Title, WireJson.Camel(node.Status), node.Attempts, node.StartedAt, node.EndedAt, WireValues.Of(node.Inputs), WireValues.Of(node.Outputs),
        node.Error, node.Status == NodeStatus.Reused, node.IsPinned, node.Rounds is { } rounds ? new WireIterations(rounds.Done, rounds.Of, rounds.Failed) : null,
        node.Usage is { } usage ? WireUsage.From(usage) : null);
}

/// <summary>Rounds of a container.</summary>
/// <param name="Failed">Numbers of those that failed, from 0.</param>
internal sealed record WireIterations(int Done, int? Of, IReadOnlyList<int> Failed);

/// <summary>What a run waits for; holding it grants nothing.</summary>
/// <param name="Details">What it is about: the values that came with the question, large ones by their beginning, with their bytes in all by name in <c>$cut</c>.</param>
internal sealed record WireBookmark(
    BookmarkId Bookmark,
    string Node,
    string Kind,
    string Title,
    JsonElement? Details,
    JsonElement? Schema,
    IReadOnlyList<string> Who,
    IReadOnlyList<string> Decisions,
    DateTimeOffset? DueAt,
    DateTimeOffset? ExpiresAt)
{
    public static WireBookmark From((string Node, Bookmark Bookmark) waiting) => new(
        waiting.Bookmark.Id, waiting.Node, WireJson.Camel(waiting.Bookmark.Kind), waiting.Bookmark.Title, waiting.Bookmark.Details, waiting.Bookmark.Schema, waiting.Bookmark.Who,
        waiting.Bookmark.Decisions, waiting.Bookmark.DueAt, waiting.Bookmark.ExpiresAt);
}

/// <summary>How a bookmark is used.</summary>
internal sealed record WireDecision(BookmarkId? Bookmark, string? Decision, Dictionary<string, JsonElement>? Values);

/// <summary>A fork.</summary>
/// <param name="From">Path of the node from which on things are done anew.</param>
/// <param name="Edits">Values in the place of the run's, by <c>node.port</c>.</param>
/// <param name="Version">Which definition; absent: the run's own.</param>
/// <param name="Inputs">Inputs in the place of the run's.</param>
internal sealed record WireForkOrder(string? From, Dictionary<string, JsonElement>? Edits, JsonElement? Version, Dictionary<string, JsonElement>? Inputs);

/// <summary>The id of something new.</summary>
internal sealed record WireRunId(RunId Id);

/// <summary>Values as this API shows them: JSON; a large one by its size and hash, an erased one by saying so.</summary>
internal static class WireValues
{
    private static readonly JsonElement s_erased = JsonElement.Parse("""{"$erased":true}""");

    public static IReadOnlyDictionary<string, JsonElement> Of(IReadOnlyDictionary<string, FlowValue> values) =>
        values.ToDictionary(value => value.Key, value => Of(value.Value), StringComparer.Ordinal);

    private static JsonElement Of(FlowValue value) =>
        value.IsAtHand ? value.Json
        : value.Blob is { } blob ? JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["$large"] = new { blob.Sha256, blob.Bytes } }, JsonSerializerOptions.Web)
        : value.Part is { } part ? Of(part.List) is { ValueKind: JsonValueKind.Array } list && part.Index < list.GetArrayLength() ? list[part.Index] : Of(part.List)
        : s_erased;
}
