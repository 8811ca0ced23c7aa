using System.Text;
using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A run as it goes on: its nodes, its journal, what it waits for. Driven by the page, or by a test without a browser.</summary>
public sealed class RunViewState(RunPageServices services, Caller caller)
{
    private const int MostStreamed = 100_000;
    private const string SubFlow = "sub-flow";

    private readonly Dictionary<string, StringBuilder> _streamed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _rounds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeView> _instances = new(StringComparer.Ordinal);
    private RunTimeline? _timeline;
    private RunState? _shown;
    private long? _back;

    /// <summary>The run in lists; null before it was read.</summary>
    public RunSummary? Run { get; private set; }

    /// <summary>The run's flow; null where it is gone.</summary>
    public Flow? Flow { get; private set; }

    /// <summary>The definition that runs, whatever became of the flow since; null where it is gone.</summary>
    public FlowDefinition? Definition { get; private set; }

    /// <summary>True where the caller may see the run, and not only what it asks them.</summary>
    public bool MaySee { get; private set; }

    /// <summary>Where it stands.</summary>
    public RunStatus Status => State?.Status ?? Run?.Status ?? RunStatus.Running;

    /// <summary>The fold of its journal; null before that was read.</summary>
    public RunState? State => _timeline?.Now;

    /// <summary>Its journal with the way back; null before that was read.</summary>
    public RunTimeline? Timeline => _timeline;

    /// <summary>Number of the event after which the run is shown.</summary>
    public long Position => Math.Min(_back ?? EventCount, EventCount);

    /// <summary>True where an earlier moment is shown, and stays shown whatever the run does.</summary>
    public bool IsBack => _back is not null;

    /// <summary>Its nodes at the top level, as they were at the moment that is shown.</summary>
    public IReadOnlyList<NodeView> Nodes { get; private set; } = [];

    /// <summary>The same with those inside of containers, each of the round that is shown, by their paths in the definition (<c>each/draft</c>).</summary>
    public IReadOnlyList<NodeView> Cards { get; private set; } = [];

    /// <summary>Nodes whose outputs were pinned in the draft that runs, by their paths in the definition.</summary>
    public IReadOnlyDictionary<string, FlowPin> Pins => State?.Start?.Pins ?? new Dictionary<string, FlowPin>();

    /// <summary>What it gives; what is large stays where it is.</summary>
    public IReadOnlyDictionary<string, FlowValue> Outputs { get; private set; } = new Dictionary<string, FlowValue>();

    /// <summary>What it asks.</summary>
    public IReadOnlyList<OpenQuestion> Questions { get; private set; } = [];

    /// <summary>The events up to the moment that is shown, newest first.</summary>
    public IEnumerable<RunEvent> Events => _timeline?.Before(Position) ?? [];

    /// <summary>Events in all.</summary>
    public long EventCount => State?.LastSeq ?? 0;

    /// <summary>Those of <see cref="Events"/> that are kept here.</summary>
    public int EventsKept => _timeline?.KeptBefore(Position) ?? 0;

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True once the run was deleted while it was looked at.</summary>
    public bool IsGone { get; private set; }

    /// <summary>True where the caller may stop it and fork it.</summary>
    public bool MayRun => MaySee && !IsGone && caller.May(Permissions.FlowsRun) && caller.User is not null;

    /// <summary>True where it can be stopped.</summary>
    public bool MayCancel => MayRun && !Status.IsEnded() && State?.IsCancelRequested != true;

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
        Definition = MaySee && await services.Versions.FindAsync(caller.Workspace, Run.Definition, cancellationToken) is { } version && FlowDefinitions.Read(version.Json) is { IsSuccess: true } read ? read.Value : null;
        return true;
    }

    /// <summary>Reads the run of a flow that began last, of those that the caller may see; false where there is none.</summary>
    public async Task<bool> LoadLastAsync(FlowId flow, CancellationToken cancellationToken)
    {
        var own = caller.May(Permissions.RunsReadAll) ? (UserId?)null : caller.User;
        return await services.Store.ListAsync(caller.Workspace, new RunFilter(flow, StartedBy: own), null, 1, cancellationToken) is { Items: [var last, ..] } && await LoadAsync(last.Id, cancellationToken);
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

    /// <summary>Looks whether the run is still there; true where it is not any more.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        IsGone |= Run is not null && await services.Store.FindAsync(caller.Workspace, Run.Id, null, cancellationToken) is null;
        return IsGone;
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
        if (State is not { } now || Run is null)
        {
            return;
        }

        await ShowAsync(cancellationToken);
        Questions = await services.Decisions.OfAsync(caller, Run, now, cancellationToken);
        Outputs = now.EndedAt is null ? Outputs : await WithItemsAsync(now.Outputs, cancellationToken);
    }

    /// <summary>Shows the run as it was after an event; at the last one it follows what happens from then on.</summary>
    public async Task GoAsync(long seq, CancellationToken cancellationToken)
    {
        _back = seq >= EventCount ? null : Math.Max(1, seq);
        await ShowAsync(cancellationToken);
    }

    /// <summary>Shows the run as it is.</summary>
    public Task FollowNowAsync(CancellationToken cancellationToken) => GoAsync(EventCount, cancellationToken);

    /// <summary>The nodes of a round of a container, as they were at the moment that is shown.</summary>
    /// <param name="container">Path of the container's instance.</param>
    public IReadOnlyList<NodeView> RoundOf(NodeView container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return _shown?.Nodes(container.Type == SubFlow ? container.Path : $"{container.Path}[{ShownRound(container)}]") ?? [];
    }

    /// <summary>Number of the round of a container that is shown: the one that somebody chose, otherwise the first that failed, otherwise the newest.</summary>
    public int ShownRound(NodeView container)
    {
        ArgumentNullException.ThrowIfNull(container);
        var newest = Math.Max(0, (container.Rounds?.Begun ?? 0) - 1);
        return _rounds.TryGetValue(container.Path, out var chosen) ? Math.Min(chosen, newest) : container.Rounds?.Failed is [var failed, ..] ? failed : newest;
    }

    /// <summary>Shows another round of a container; one that did not begin is the nearest that did.</summary>
    public void ShowRound(NodeView container, int round)
    {
        ArgumentNullException.ThrowIfNull(container);
        _rounds[container.Path] = Math.Clamp(round, 0, Math.Max(0, (container.Rounds?.Begun ?? 0) - 1));
        ListCards();
    }

    /// <summary>Shows an earlier or a later round of a container, or of the nearest one that a node is in; false where there is none.</summary>
    /// <param name="card">Path of the node in the definition.</param>
    public bool StepRound(string card, int step)
    {
        ArgumentNullException.ThrowIfNull(card);
        for (var at = card; at.Length > 0; at = Scopes.Split(at).Scope)
        {
            if (ContainerOf(at) is { } container)
            {
                ShowRound(container, ShownRound(container) + step);
                return true;
            }
        }

        return false;
    }

    /// <summary>The container that a card of the definition shows at present; null where it is none, or did not begin.</summary>
    /// <param name="card">Its path in the definition.</param>
    public NodeView? ContainerOf(string card) => InstanceOf(card) is { Rounds.Begun: > 0 } container ? container : null;

    /// <summary>The node that a card of the definition shows at present, by the path of its instance; null where there is none yet.</summary>
    /// <param name="card">Its path in the definition.</param>
    public NodeView? InstanceOf(string card) => _instances.GetValueOrDefault(card);

    /// <summary>What an answer said so far; empty where it is journalled, or says nothing yet.</summary>
    public string StreamedOf(string node) => !IsBack && _streamed.TryGetValue(node, out var said) ? said.ToString() : "";

    /// <summary>Asks for the end of the run; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> CancelAsync(CancellationToken cancellationToken)
    {
        Need(MayRun);
        var asked = await services.Runs.CancelAsync(Run!.Id, caller.User, cancellationToken);
        Error = asked.Error;
        return asked.IsSuccess;
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

    /// <summary>True where the caller may pin what a node gave to the draft of the flow.</summary>
    public bool MayPin(NodeView node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return MayRun && Flow is not null && caller.May(Permissions.FlowsWrite) && node.Status is NodeStatus.Succeeded or NodeStatus.Reused && node.Type is not ("start" or "schedule" or "webhook" or "answer" or "output");
    }

    /// <summary>Makes the node of the flow's draft give what it gave here; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> PinAsync(NodeView node, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        var pinned = await services.Pins.PinAsync(caller, Run!.Flow, Run.Id, node.Path, Pinning.PathOf(node.Path), cancellationToken);
        Error = pinned.Error;
        return pinned.IsSuccess;
    }

    /// <summary>A value at hand, for editing it; undefined where it cannot be read any more.</summary>
    public async Task<JsonElement> OpenAsync(FlowValue value, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        var loaded = await services.Runs.LoadAsync(Run!.Workspace, Run.Id, new Dictionary<string, FlowValue> { ["value"] = value }, cancellationToken);
        return loaded["value"].Json;
    }

    /// <summary>Values with the items of lists among them read; large values stay where they are.</summary>
    public async Task<IReadOnlyDictionary<string, FlowValue>> WithItemsAsync(IReadOnlyDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(values);
        var items = values.Where(value => value.Value.Part is not null).ToDictionary(value => value.Key, value => value.Value, StringComparer.Ordinal);
        if (items.Count == 0)
        {
            return values;
        }

        var loaded = await services.Runs.LoadAsync(Run!.Workspace, Run.Id, items, cancellationToken);
        return values.ToDictionary(value => value.Key, value => loaded.GetValueOrDefault(value.Key, value.Value), StringComparer.Ordinal);
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    private async Task ApplyAsync(RunEvent happened, CancellationToken cancellationToken)
    {
        if (happened is RunStarted { Start: var start } && _timeline is null)
        {
            var plan = await services.Plans.OfAsync(start, cancellationToken);
            Error = plan.Error;
            _timeline = plan.IsSuccess ? new RunTimeline(plan.Value, (after, token) => services.Journal.ReadAsync(Run!.Id, after, token)) : null;
        }

        if (_timeline is null || happened.Seq <= EventCount)
        {
            return;
        }

        _timeline.Append(happened);
        if (happened is NodeSucceeded or NodeFailed or RetryScheduled)
        {
            _streamed.Remove(happened.Node);
        }
    }

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        if (_timeline is not null)
        {
            _shown = await _timeline.AtAsync(Position, cancellationToken);
            Nodes = _shown.Nodes();
            ListCards();
        }
    }

    private void ListCards()
    {
        _instances.Clear();
        var cards = new List<NodeView>(Nodes.Count);
        Add(Nodes, "");
        Cards = cards;

        void Add(IReadOnlyList<NodeView> nodes, string scope)
        {
            foreach (var node in nodes)
            {
                var path = Scopes.Join(scope, Scopes.Split(node.Path).Id);
                cards.Add(node with { Path = path });
                _instances[path] = node;
                if (node.Rounds is { Begun: > 0 })
                {
                    Add(RoundOf(node), path);
                }
            }
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
