using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>A question that a run asks, and whether the caller may answer it.</summary>
/// <param name="Node">Path of the node that asks.</param>
public sealed record OpenQuestion(RunSummary Run, string Node, Bookmark Bookmark, bool MayDecide);

/// <summary>How a run came to where it stands.</summary>
/// <param name="Beginning">What it was started with.</param>
/// <param name="Way">The nodes that began, in that order; those that took no time, as a start, before them.</param>
public sealed record RunSoFar(IReadOnlyDictionary<string, FlowValue> Beginning, IReadOnlyList<NodeView> Way, RunUsage Usage);

/// <summary>Who may use the bookmarks of runs: the same rule for pages and programs.</summary>
public sealed class RunDecisions(IRunStore store, FlowRuns runs, AccountStore accounts)
{
    private const int MostLookedAt = 200;

    /// <summary>The run where the caller may look at it: everybody's, or one's own.</summary>
    public Task<RunSummary?> FindRunAsync(Caller caller, RunId id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.May(Permissions.RunsRead)
            ? store.FindAsync(caller.Workspace, id, caller.May(Permissions.RunsReadAll) ? null : caller.User, cancellationToken)
            : Task.FromResult<RunSummary?>(null);
    }

    /// <summary>How a run came to where it stands; null where the caller may not look at the run.</summary>
    public async Task<RunSoFar?> SoFarAsync(Caller caller, RunId id, CancellationToken cancellationToken) =>
        await FindRunAsync(caller, id, cancellationToken) is not null && await runs.StateAsync(id, cancellationToken) is { IsSuccess: true, Value: var state }
            ? new RunSoFar(state.Start?.Inputs ?? new Dictionary<string, FlowValue>(), [.. state.Nodes().Where(node => node.StartedAt is not null || node.Status == NodeStatus.Succeeded).OrderBy(node => node.StartedAt)], state.Usage)
            : null;

    /// <summary>Uses a bookmark where the caller may; returns once that is durable.</summary>
    public async Task<Result<Unit>> DecideAsync(
        Caller caller, RunId id, BookmarkId bookmark, string decision, IReadOnlyDictionary<string, JsonElement> values, CancellationToken cancellationToken)
    {
        // Who is named in a step need not be able to look at the rest of the run.
        ArgumentNullException.ThrowIfNull(caller);
        if (caller.User is not { } user || await store.FindAsync(caller.Workspace, id, null, cancellationToken) is not { } run)
        {
            return FlowRunErrors.NotFound();
        }

        var state = await runs.StateAsync(id, cancellationToken);
        if (!state.IsSuccess)
        {
            return state.Error;
        }

        if (state.Value.WaitingFor.FirstOrDefault(waiting => waiting.Bookmark.Id == bookmark).Bookmark is not { } waits)
        {
            return RunErrors.BookmarkUsed();
        }

        var member = await accounts.FindMemberAsync(caller.Workspace, user, cancellationToken);
        return May(caller, member, run, waits)
            ? await runs.ResumeAsync(id, new Resumption(bookmark, decision, values, user), cancellationToken)
            : FlowApiErrors.NotYours(waits.Kind == BookmarkKind.Timer ? "the clock" : string.Join(", ", waits.Who.DefaultIfEmpty("who may see the run")));
    }

    /// <summary>What a run waits for, by a state of it that was read; nothing once it has ended.</summary>
    public async Task<IReadOnlyList<OpenQuestion>> OfAsync(Caller caller, RunSummary run, RunState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(state);
        if (state.EndedAt is not null || state.WaitingFor.Count == 0 || caller.User is not { } user)
        {
            return [];
        }

        var member = await accounts.FindMemberAsync(caller.Workspace, user, cancellationToken);
        return [.. state.WaitingFor.Select(waiting => new OpenQuestion(run, waiting.Node, waiting.Bookmark, May(caller, member, run, waiting.Bookmark)))];
    }

    /// <summary>What waits for the caller, of any run of the workspace, the run that waits longest first. A page has all questions of its runs.</summary>
    /// <param name="limit">Questions after which a page ends; one of a workspace where many runs wait for others may have fewer, and more follow.</param>
    public async Task<Listing<OpenQuestion>> ListAsync(Caller caller, string? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var found = new List<OpenQuestion>();
        if (!caller.May(Permissions.RunsDecide))
        {
            return new Listing<OpenQuestion>(found, null);
        }

        var looked = 0;
        do
        {
            var waiting = await store.ListWaitingAsync(caller.Workspace, after, limit - found.Count, cancellationToken);
            looked += waiting.Items.Count;
            foreach (var run in waiting.Items)
            {
                if (await runs.StateAsync(run.Id, cancellationToken) is { IsSuccess: true } state)
                {
                    found.AddRange((await OfAsync(caller, run, state.Value, cancellationToken)).Where(question => question.MayDecide));
                }
            }

            after = waiting.After;
        }
        while (after is not null && found.Count < limit && looked < MostLookedAt);

        return new Listing<OpenQuestion>(found, after);
    }

    // Whether something happened that a crash cut off is for those to say who may see the run.
    private static bool May(Caller caller, Member? member, RunSummary run, Bookmark waits) =>
        member is not null && caller.May(Permissions.RunsDecide) && waits.Allows(member.Email, member.Role)
        && (waits.Kind != BookmarkKind.Uncertain || caller.May(Permissions.RunsReadAll) || run.StartedBy == caller.User);
}
