using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Features.WorkspaceApi;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>A node's instance inside a container, as the journal tells it.</summary>
public sealed record WireInstance(
    string Path, string State, int Attempts, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, System.Text.Json.JsonElement> Outputs, Error? Error, bool Reused);

/// <summary>The instances inside containers: of rounds that are over, too, which a run's state no longer has.</summary>
internal static class Instances
{
    /// <summary>Instances whose path begins with a container's, in the order in which they were first heard of.</summary>
    /// <param name="path">A container (<c>each</c>) or one of its rounds (<c>each[17]</c>).</param>
    public static async Task<WirePage<WireInstance>> ListAsync(
        IFlowJournal journal, RunId run, string path, string? after, int limit, CancellationToken cancellationToken)
    {
        var skip = int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var found = new Dictionary<string, WireInstance>(StringComparer.Ordinal);
        var order = new List<string>();
        await foreach (var happened in journal.ReadAsync(run, 0, cancellationToken))
        {
            if (!IsInside(happened.Node, path))
            {
                continue;
            }

            if (!found.TryGetValue(happened.Node, out var known))
            {
                order.Add(happened.Node);
                known = new WireInstance(happened.Node, WireJson.Camel(NodeStatus.Pending), 0, null, null, WireValues.Of(new Dictionary<string, FlowValue>()), null, false);
            }

            found[happened.Node] = After(known, happened);
        }

        var page = order.Skip(skip).Take(limit).Select(one => found[one]).ToList();
        return new WirePage<WireInstance>(page, skip + page.Count < order.Count ? (skip + page.Count).ToString(CultureInfo.InvariantCulture) : null);
    }

    private static bool IsInside(string node, string path) =>
        path.Length == 0 ? node.Length > 0
        : node.Length > path.Length && node.StartsWith(path, StringComparison.Ordinal) && node[path.Length] is '[' or '/';

    private static WireInstance After(WireInstance known, RunEvent happened) => happened switch
    {
        NodeStarted => known with { State = WireJson.Camel(NodeStatus.Running), Attempts = Math.Max(known.Attempts, happened.Attempt), StartedAt = known.StartedAt ?? happened.At },
        NodeSucceeded succeeded => known with { State = WireJson.Camel(NodeStatus.Succeeded), EndedAt = happened.At, Outputs = WireValues.Of(succeeded.Outputs), Error = null },
        NodeReused reused => known with { State = WireJson.Camel(NodeStatus.Reused), EndedAt = happened.At, Outputs = WireValues.Of(reused.Outputs), Reused = true },
        NodeFailed failed => known with
        {
            State = WireJson.Camel(NodeStatus.Failed), EndedAt = happened.At, Error = failed.Error, Outputs = WireValues.Of(failed.Outputs ?? new Dictionary<string, FlowValue>()),
        },
        NodeSkipped => known with { State = WireJson.Camel(NodeStatus.Skipped), EndedAt = happened.At },
        NodeUncertain => known with { State = WireJson.Camel(NodeStatus.Uncertain) },
        RetryScheduled retry => known with { State = WireJson.Camel(NodeStatus.Retrying), Error = retry.Error },
        Suspended => known with { State = WireJson.Camel(NodeStatus.Waiting) },
        Resumed => known with { State = WireJson.Camel(NodeStatus.Running) },
        _ => known,
    };
}
