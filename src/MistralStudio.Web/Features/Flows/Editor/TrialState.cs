using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Runs;
using MistralStudio.Flows.Trials;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>A node that is run by itself, with values of a past run or with typed ones. Driven by the inspector, or by a test without a browser.</summary>
public sealed class TrialState(FlowRuns runs, IRunStore store, Caller caller) : IDisposable
{
    private const int MostRuns = 20;

    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(10);

    private CancellationTokenSource? _stop;
    private IReadOnlyDictionary<string, FlowPin>? _pins;
    private string? _pinned;
    private RunSummary? _past;

    /// <summary>Path of the node.</summary>
    public string Path { get; private set; } = "";

    /// <summary>One field for every value that an edge brings.</summary>
    public IReadOnlyList<ValueField> Fields { get; private set; } = [];

    /// <summary>Past runs of the flow whose values can be taken, newest first; null before they were read.</summary>
    public IReadOnlyList<RunSummary>? Runs { get; private set; }

    /// <summary>True while it runs.</summary>
    public bool IsBusy => _stop is not null;

    /// <summary>The run that tried it last; null before.</summary>
    public RunId? Run { get; private set; }

    /// <summary>What the node came to; null before, and where it did not come to run.</summary>
    public NodeView? Node { get; private set; }

    /// <summary>What it gave; what is large stays where it is.</summary>
    public IReadOnlyDictionary<string, FlowValue> Outputs { get; private set; } = new Dictionary<string, FlowValue>();

    /// <summary>Why it could not be tried, or what it failed with; null where it was and did not.</summary>
    public Error? Error { get; private set; }

    /// <summary>Shows a node; what was typed stays where an edge of the same origin still brings something.</summary>
    public void Show(FlowLook look, string path)
    {
        ArgumentNullException.ThrowIfNull(look);
        var (scope, id) = Scopes.Split(path);
        var typed = Path == path ? Fields.ToDictionary(field => field.Name, StringComparer.Ordinal) : [];
        if (Path != path)
        {
            Stop();
            (Run, Node, Error, Outputs, Rounds, _past) = (null, null, null, new Dictionary<string, FlowValue>(), [], null);
        }

        Path = path;
        var arriving = (Scopes.Find(look.Definition, scope)?.Edges ?? []).Where(edge => edge.To.StartsWith($"{id}.", StringComparison.Ordinal)).DistinctBy(edge => edge.From).ToList();
        Fields = ValueField.Of(arriving.Select(edge => new FlowInput(edge.From, look.TypeOf(scope, edge))));
        foreach (var field in Fields)
        {
            field.Text = typed.GetValueOrDefault(field.Name)?.Text ?? "";
            field.Held = typed.GetValueOrDefault(field.Name)?.Held;
        }
    }

    /// <summary>Reads the newest runs of a flow.</summary>
    public async Task ListRunsAsync(FlowId flow, CancellationToken cancellationToken)
    {
        var own = caller.May(Permissions.RunsRead) ? (UserId?)null : caller.User;
        Runs = (await store.ListAsync(caller.Workspace, new RunFilter(flow, StartedBy: own), null, MostRuns, cancellationToken)).Items;
    }

    /// <summary>The rounds of the containers around the node that values were taken of, outer ones first; empty where it is in none.</summary>
    public IReadOnlyList<CapturedRound> Rounds { get; private set; } = [];

    /// <summary>Forgets the run that values were taken of; they stay.</summary>
    public void LeaveRun() => (_past, Rounds) = (null, []);

    /// <summary>Takes what arrived at the node in a past run; false where nothing did, or <see cref="Error"/> says why not.</summary>
    public Task<bool> TakeAsync(RunSummary past, FlowDefinition definition, CancellationToken cancellationToken) => TakeAsync(past, definition, [], cancellationToken);

    /// <summary>Takes what arrived in another round of a container around the node; false where nothing did, or <see cref="Error"/> says why not.</summary>
    /// <param name="container">Which of <see cref="Rounds"/>.</param>
    /// <param name="round">Its number, from 0.</param>
    public Task<bool> TakeRoundAsync(FlowDefinition definition, int container, int round, CancellationToken cancellationToken)
    {
        // Nothing of the round before stays in a field that this one has no value for.
        foreach (var field in Fields)
        {
            (field.Text, field.Held) = ("", null);
        }

        return TakeAsync(_past!, definition, [.. Rounds.Take(container).Select(one => one.Round), round], cancellationToken);
    }

    /// <summary>Fills in what pinned nodes bring, where nothing is typed; true where that filled in anything.</summary>
    public async Task<bool> TakePinsAsync(IReadOnlyDictionary<string, FlowPin> pins, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pins);
        if (pins.Count == 0 || ReferenceEquals(_pins, pins) && _pinned == Path)
        {
            return false;
        }

        (_pins, _pinned) = (pins, Path);
        var (path, filled) = (Path, false);
        foreach (var field in Fields.Where(field => field is { Text.Length: 0, Held: null }).ToList())
        {
            var (from, port) = (FlowEdge.NodeOf(field.Name), FlowEdge.PortOf(field.Name));
            if (!pins.TryGetValue(Scopes.Join(Scopes.Split(path).Scope, from), out var pin) || await runs.StateAsync(pin.Run, cancellationToken, keepsRounds: true) is not { IsSuccess: true } state
                || state.Value.Nodes(Scopes.Split(pin.Instance).Scope).FirstOrDefault(view => view.Path == pin.Instance)?.Outputs.GetValueOrDefault(port) is not { } value)
            {
                continue;
            }

            var loaded = await runs.LoadAsync(caller.Workspace, pin.Run, new Dictionary<string, FlowValue> { [port] = value }, cancellationToken);
            if (Path == path && field is { Text.Length: 0, Held: null } && loaded[port] is { IsAtHand: true, Json: var json })
            {
                Put(field, json);
                filled = true;
            }
        }

        return filled;
    }

    /// <summary>Runs the node of a definition by itself, and waits for it.</summary>
    public async Task TryAsync(FlowId flow, FlowDefinition definition)
    {
        (Run, Node, Error, Outputs) = (null, null, null, new Dictionary<string, FlowValue>());
        if (IsBusy || ValueField.ReadAll(Fields) is not { } values)
        {
            return;
        }

        if (!caller.May(Permissions.FlowsRun) || caller.User is not { } user)
        {
            throw new UnauthorizedAccessException($"This needs {Permissions.FlowsRun}.");
        }

        var trial = NodeTrial.Of(definition, Path, values);
        if (!trial.IsSuccess)
        {
            Error = trial.Error;
            return;
        }

        using var stop = new CancellationTokenSource();
        _stop = stop;
        var run = RunId.New();
        try
        {
            var order = new RunOrder { Id = run, Workspace = caller.Workspace, Flow = flow, Trial = trial.Value, Trigger = RunTrigger.Replay, By = user };
            var ran = await runs.RunAsync(order, s_most, null, stop.Token);
            if (!ran.IsSuccess)
            {
                Error = ran.Error;
                return;
            }

            var state = await runs.StateAsync(run, stop.Token);
            Node = state.IsSuccess ? state.Value.Nodes().FirstOrDefault(node => node.Path == Scopes.Split(Path).Id) : null;
            (Run, Error) = (run, Node?.Error ?? ran.Value.Error);
            Outputs = Node?.Outputs ?? Outputs;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Whoever stops waiting for it does not want it either.
            await runs.CancelAsync(run, user, CancellationToken.None);
        }
        finally
        {
            _stop = _stop == stop ? null : _stop;
        }
    }

    /// <summary>Ends what is tried.</summary>
    public void Stop()
    {
        var stop = _stop;
        _stop = null;
        stop?.Cancel();
    }

    private async Task<bool> TakeAsync(RunSummary past, FlowDefinition definition, IReadOnlyList<int> rounds, CancellationToken cancellationToken)
    {
        var captured = await NodeCapture.OfAsync(runs, past, definition, Path, rounds, cancellationToken);
        Error = captured.Error;
        (_past, Rounds) = (past, captured.IsSuccess ? captured.Value.Rounds : []);
        if (!captured.IsSuccess)
        {
            return false;
        }

        foreach (var field in Fields)
        {
            if (captured.Value.Values.TryGetValue(field.Name, out var value))
            {
                Put(field, value);
            }
        }

        return captured.Value.Values.Count > 0;
    }

    // What is too large to be typed is taken as it is.
    private static void Put(ValueField field, JsonElement value)
    {
        var isLarge = FlowValue.Of(value).Bytes > ValueField.MostTyped;
        field.Held = isLarge ? value : null;
        field.Text = isLarge ? "" : field.Kind == FieldKind.Json || value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? ValueField.Indent(value) : ValueField.Of(field.Name, value).Text;
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();
}
