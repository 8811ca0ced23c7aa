using System.Text;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A run as it goes on: its nodes, its journal, what it waits for. Driven by the page, or by a test without a browser.</summary>
public sealed class RunViewState(RunPageServices services, Caller caller)
{
    /// <summary>Events that are kept for the page; of a longer journal the newest.</summary>
    public const int MostEvents = 2_000;

    private const int MostStreamed = 100_000;
    private const int PageOfInstances = 50;

    private readonly Queue<RunEvent> _events = [];
    private readonly Dictionary<string, StringBuilder> _streamed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (List<WireInstance> Items, string? After)> _instances = new(StringComparer.Ordinal);
    private RunState? _state;

    /// <summary>The run in lists; null before it was read.</summary>
    public RunSummary? Run { get; private set; }

    /// <summary>The run's flow; null where it is gone.</summary>
    public Flow? Flow { get; private set; }

    /// <summary>True where the caller may see the run, and not only what it asks them.</summary>
    public bool MaySee { get; private set; }

    /// <summary>Where it stands.</summary>
    public RunStatus Status => _state?.Status ?? Run?.Status ?? RunStatus.Running;

    /// <summary>The fold of its journal; null before that was read.</summary>
    public RunState? State => _state;

    /// <summary>Its nodes at the top level.</summary>
    public IReadOnlyList<NodeView> Nodes { get; private set; } = [];

    /// <summary>What it gives, at hand.</summary>
    public IReadOnlyDictionary<string, FlowValue> Outputs { get; private set; } = new Dictionary<string, FlowValue>();

    /// <summary>What it asks.</summary>
    public IReadOnlyList<OpenQuestion> Questions { get; private set; } = [];

    /// <summary>The newest events, newest first.</summary>
    public IEnumerable<RunEvent> Events => _events.Reverse();

    /// <summary>Events in all.</summary>
    public long EventCount => _state?.LastSeq ?? 0;

    /// <summary>Events that are kept here.</summary>
    public int EventsKept => _events.Count;

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may stop it and fork it.</summary>
    public bool MayRun => MaySee && caller.May(Permissions.FlowsRun) && caller.User is not null;

    /// <summary>True where it can be stopped.</summary>
    public bool MayCancel => MayRun && !Status.IsEnded() && _state?.IsCancelRequested != true;

    /// <summary>Reads the run; false where there is none that the caller may see or decide about.</summary>
    public async Task<bool> LoadAsync(RunId id, CancellationToken cancellationToken)
    {
        MaySee = await services.Decisions.FindRunAsync(caller, id, cancellationToken) is not null;
        Run = await services.Store.FindAsync(caller.Workspace, id, null, cancellationToken);
        if (Run is null)
        {
            return false;
        }

        await foreach (var happened in services.Journal.ReadAsync(id, 0, cancellationToken))
        {
            await ApplyAsync(happened, cancellationToken);
        }

        await RefreshAsync(cancellationToken);
        if (!MaySee && !Questions.Any(question => question.MayDecide))
        {
            Run = null;
            return false;
        }

        Flow = await services.Flows.FindAsync(caller.Workspace, Run.Flow, cancellationToken);
        return true;
    }

    /// <summary>Follows the run until it has ended; each turn says that something is to be shown anew.</summary>
    public async IAsyncEnumerable<RunNotice> FollowAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Run is null || Status.IsEnded())
        {
            yield break;
        }

        using var watcher = services.Runs.Watch(Run.Id);
        await foreach (var notice in watcher.FollowAsync(EventCount, isNew: false, cancellationToken))
        {
            yield return notice;
        }
    }

    /// <summary>Takes over what a watcher was told; <see cref="RefreshAsync"/> makes it what is shown.</summary>
    public async Task ApplyAsync(RunNotice notice, CancellationToken cancellationToken)
    {
        switch (notice)
        {
            case RunNotice.Happened { Event: var happened }:
                await ApplyAsync(happened, cancellationToken);
                break;
            case RunNotice.Streamed { Node: var node, Text: var text }:
                var said = _streamed.TryGetValue(node, out var there) ? there : _streamed[node] = new StringBuilder();
                if (said.Length < MostStreamed)
                {
                    said.Append(text);
                }

                break;
        }
    }

    /// <summary>Makes what was taken over what is shown.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_state is null || Run is null)
        {
            return;
        }

        Nodes = _state.Nodes();
        Questions = await services.Decisions.OfAsync(caller, Run, _state, cancellationToken);
        Outputs = _state.EndedAt is null ? Outputs : await services.Runs.LoadAsync(Run.Workspace, Run.Id, _state.Outputs, cancellationToken);
    }

    /// <summary>What an answer said so far; empty where it is journalled, or says nothing yet.</summary>
    public string StreamedOf(string node) => _streamed.TryGetValue(node, out var said) ? said.ToString() : "";

    /// <summary>The instances of a container that were read; null where none were.</summary>
    public (IReadOnlyList<WireInstance> Items, bool HasMore)? InstancesOf(string path) =>
        _instances.TryGetValue(path, out var read) ? (read.Items, read.After is not null) : null;

    /// <summary>Reads instances inside a container: the first, or those that follow what was read.</summary>
    public async Task ReadInstancesAsync(string path, bool anew, CancellationToken cancellationToken)
    {
        var (items, after) = !anew && _instances.TryGetValue(path, out var read) ? read : ([], null);
        var page = await Instances.ListAsync(services.Journal, Run!.Id, path, after, PageOfInstances, cancellationToken);
        _instances[path] = ([.. items, .. page.Items], page.After);
    }

    /// <summary>Asks for the end of the run; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> CancelAsync(CancellationToken cancellationToken)
    {
        Need(MayRun);
        var asked = await services.Runs.CancelAsync(Run!.Id, caller.User, cancellationToken);
        Error = asked.Error;
        return asked.IsSuccess;
    }

    /// <summary>Decides; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> DecideAsync(OpenQuestion question, string decision, IReadOnlyDictionary<string, JsonElement> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var decided = await services.Decisions.DecideAsync(caller, Run!.Id, question.Bookmark.Id, decision, values, cancellationToken);
        Error = decided.Error;
        return decided.IsSuccess;
    }

    /// <summary>Begins a fork that does things anew from a node on; null where <see cref="Error"/> says why not.</summary>
    /// <param name="edits">Values in the place of this run's, by <c>path.port</c>.</param>
    public async Task<RunId?> ForkAsync(string? node, IReadOnlyDictionary<string, JsonElement> edits, CancellationToken cancellationToken)
    {
        Need(MayRun);
        var fork = await services.Runs.ForkAsync(
            new ForkOrder { Workspace = caller.Workspace, From = Run!.Id, Node = node, Edits = edits, By = caller.User!.Value }, cancellationToken);
        Error = fork.Error;
        return fork.IsSuccess ? fork.Value : null;
    }

    /// <summary>A value at hand, for editing it; undefined where it cannot be read any more.</summary>
    public async Task<JsonElement> OpenAsync(FlowValue value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        var loaded = await services.Runs.LoadAsync(Run!.Workspace, Run.Id, new Dictionary<string, FlowValue> { ["value"] = value }, cancellationToken);
        return loaded["value"].Json;
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    private async Task ApplyAsync(RunEvent happened, CancellationToken cancellationToken)
    {
        if (happened is RunStarted { Start: var start } && _state is null)
        {
            var plan = await services.Plans.OfAsync(start, cancellationToken);
            Error = plan.Error;
            _state = plan.IsSuccess ? new RunState(plan.Value) : null;
        }

        if (_state is null || happened.Seq <= _state.LastSeq)
        {
            return;
        }

        _state.Apply(happened);
        if (happened is NodeSucceeded or NodeFailed or RetryScheduled)
        {
            _streamed.Remove(happened.Node);
        }

        _events.Enqueue(happened);
        if (_events.Count > MostEvents)
        {
            _events.Dequeue();
        }
    }

    private static void Need(bool may)
    {
        if (!may)
        {
            throw new UnauthorizedAccessException($"This needs {Permissions.FlowsRun}.");
        }
    }
}
