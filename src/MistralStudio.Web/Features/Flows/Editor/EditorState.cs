using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Where a node is to be added.</summary>
/// <param name="From">The out-port that it is to follow; null where it follows none.</param>
public sealed record AddPlace(string Scope, FlowPosition? At, (string Node, string Port)? From);

/// <summary>A flow on the canvas and in the outline: what is selected, and everything that can be done. Driven by the page, or by a test without a browser.</summary>
public sealed class EditorState(FlowState flow, NodeCatalogView catalog)
{
    private FlowLook? _seen;
    private IReadOnlyDictionary<string, FlowPin>? _pins;
    private IReadOnlyList<CardModel> _cards = [];
    private Dictionary<string, CardModel> _byPath = new(StringComparer.Ordinal);

    /// <summary>Something is different that is shown.</summary>
    public event Action? Changed;

    /// <summary>The flow that is edited.</summary>
    public FlowState Flow { get; } = flow;

    /// <summary>What can be added.</summary>
    public NodeCatalogView Catalog { get; } = catalog;

    /// <summary>True where it can be changed.</summary>
    public bool MayEdit => Flow.MayWrite;

    /// <summary>Paths of the nodes that are selected, and <c>notes.3</c> for remarks of the flow.</summary>
    public IReadOnlyList<string> Selected { get; private set; } = [];

    /// <summary>Edges that are selected.</summary>
    public IReadOnlyList<EdgePlace> SelectedEdges { get; private set; } = [];

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>Somebody is choosing a node to add; null where nobody is.</summary>
    public AddPlace? Adding { get; private set; }

    /// <summary>Path of the node that is being connected by the dialog; null where none is.</summary>
    public string? Connecting { get; private set; }

    /// <summary>Paths of nodes that came just now: the canvas brings them into view.</summary>
    public string? Arrived { get; private set; }

    /// <summary>Models that a node may name.</summary>
    public IReadOnlyList<ModelChoice> Models { get; set; } = [];

    /// <summary>Names of the knowledge bases that a node may name.</summary>
    public IReadOnlyList<string> Bases { get; set; } = [];

    /// <summary>True where <see cref="Bases"/> are all that there are, so that what is not among them is not there.</summary>
    public bool KnowsBases { get; set; }

    /// <summary>Steps that read knowledge bases by a name that none has, with these names.</summary>
    public IEnumerable<(CardModel Card, IReadOnlyList<string> Names)> Baseless =>
        from card in KnowsBases ? Cards : []
        let bases = Pointers.Find(card.Node.Config, "/bases") is { ValueKind: JsonValueKind.Array } named ? named.EnumerateArray().Select(name => name.ToString()) : []
        let missing = bases.Where(name => !KnowledgeBaseId.TryParse(name, null, out _) && !Bases.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase)).ToList()
        where missing.Count > 0
        select (card, (IReadOnlyList<string>)missing);

    /// <summary>How the flow stands.</summary>
    public FlowStanding Standing => Flow.Problems switch
    {
        [var only] when only.Code == FlowErrors.Empty().Code => FlowStanding.Empty,
        { Count: > 0 } => FlowStanding.Broken,
        _ => Baseless.Any() ? FlowStanding.Lacking : FlowStanding.Sound,
    };

    /// <summary>True for a step that asks a model where the one that it would ask is the studio's own small one, which is there to try things out.</summary>
    public bool IsBeyond(FlowNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Type is not ("llm" or "agent" or "classify" or "extract") || Models.Count == 0)
        {
            return false;
        }

        return NodeFace.Under(node) is { } named && named != "default" ? Models.FirstOrDefault(model => model.Id == named)?.IsStarter == true : Servers.All(model => model.IsStarter);
    }

    /// <summary>Models of this machine and of connections: prompts, apps and flows ask one of these in their turn.</summary>
    public IEnumerable<ModelChoice> Servers => Models.Where(model => ModelReference.TryParse(model.Id, out var reference) && reference.Kind is ModelReferenceKind.Local or ModelReferenceKind.Connection);

    /// <summary>Everything on the canvas.</summary>
    public IReadOnlyList<CardModel> Cards
    {
        get
        {
            if (Flow.Look is { } look && (!ReferenceEquals(_seen, look) || !ReferenceEquals(_pins, Flow.Draft.Pins)))
            {
                (_seen, _pins) = (look, Flow.Draft.Pins);
                _cards = _pins.Count == 0 ? CardModel.Of(look, Catalog) : [.. CardModel.Of(look, Catalog).Select(card => card with { IsPinned = _pins.ContainsKey(card.Path) })];
                _byPath = _cards.GroupBy(card => card.Path, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
                Selected = [.. Selected.Where(_byPath.ContainsKey)];
            }

            return _cards;
        }
    }

    /// <summary>The one node that is selected; null where none or several are.</summary>
    public CardModel? Chosen => Selected.Count == 1 ? Find(Selected[0]) : null;

    /// <summary>The card of a path; null where there is none.</summary>
    public CardModel? Find(string path) => Cards.Count > 0 ? _byPath.GetValueOrDefault(path) : null;

    /// <summary>What a node is called on screen.</summary>
    public string TitleOf(string path) => Find(path) is { } card ? TitleOf(card) : path;

    /// <summary>What a card is called on screen.</summary>
    public string TitleOf(CardModel card)
    {
        ArgumentNullException.ThrowIfNull(card);
        return Catalog.TitleOf(card.Node);
    }

    /// <summary>Selects; what is not there is left out.</summary>
    public void Select(IEnumerable<string> nodes, IEnumerable<EdgePlace>? edges = null)
    {
        Flow.Draft.Seal(Flow);
        Selected = [.. nodes.Where(path => Find(path) is not null).Distinct(StringComparer.Ordinal)];
        SelectedEdges = [.. edges ?? []];
        Flow.Draft.Presence.Select(Flow, Selected);
    }

    /// <summary>What is selected, for the clipboard; empty where it cannot be copied.</summary>
    public string Clip() => Selected.Count == 0 ? "" : FlowClipboard.Write(Flow.Draft.Definition, [.. Selected.Where(path => !IsNote(path))]);

    /// <summary>Does something; false where <see cref="Error"/> says why not.</summary>
    public async Task<bool> DoAsync(FlowCommand command, CancellationToken cancellationToken)
    {
        var done = await Flow.DoAsync(command, cancellationToken);
        Error = Flow.Error;
        Changed?.Invoke();
        return done;
    }

    /// <summary>Undoes or does again.</summary>
    public async Task StepAsync(bool back, CancellationToken cancellationToken)
    {
        _ = back ? await Flow.UndoAsync(cancellationToken) : await Flow.RedoAsync(cancellationToken);
        // That there is nothing left to undo is no news.
        Error = Flow.Error?.Code == EditErrors.NothingToUndo().Code ? null : Flow.Error;
        Flow.Forget();
        Changed?.Invoke();
    }

    /// <summary>Begins to choose a node to add.</summary>
    public void BeginAdding(AddPlace? place)
    {
        Adding = place;
        Changed?.Invoke();
    }

    /// <summary>Begins, or ends, connecting a node by the dialog.</summary>
    public void BeginConnecting(string? path)
    {
        Connecting = path;
        Changed?.Invoke();
    }

    /// <summary>Adds a node; with its usual settings, so that it can be connected at once.</summary>
    public async Task<bool> AddAsync(string type, AddPlace place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        Adding = null;
        var definition = Flow.Draft.Definition;
        if (Catalog.Find(type) is not { } kind)
        {
            return Refuse(FlowErrors.UnknownType(type));
        }

        if (place.Scope.Length > 0 && kind.Role is NodeRole.Begin or NodeRole.End)
        {
            return Refuse(FlowErrors.NotInside(type));
        }

        var id = FreshIds.Of(type, FreshIds.Taken(definition, place.Scope));
        var node = new FlowNode(id, type)
        {
            Config = NewNodes.ConfigOf(kind),
            Body = kind.Role is NodeRole.ForEach or NodeRole.Loop ? new FlowBody() : null,
            Position = Free(place, definition),
        };
        var edges = new List<FlowEdge>();
        if (place.From is { } from)
        {
            var with = new AddParts(place.Scope, [node], []).Apply(definition);
            var look = with.IsSuccess ? await Flow.LookAtAsync(with.Value, cancellationToken) : null;
            if (look is not null && Best(PortSearch.Targets(look, place.Scope, from.Node, from.Port), Scopes.Join(place.Scope, id)) is { } choice)
            {
                edges.Add(choice.Edge);
            }
        }

        var done = await DoAsync(new AddParts(place.Scope, [node], edges), cancellationToken);
        if (done)
        {
            Arrive(Scopes.Join(place.Scope, id));
        }

        return done;
    }

    /// <summary>Connects two nodes by ports, or by the port that fits best where none is named.</summary>
    /// <param name="forward">True where <paramref name="own"/> gives and the other takes.</param>
    public async Task<bool> ConnectAsync(
        string scope, bool forward, (string Path, string Port) own, (string Path, string? Port) other, FlowEdge? instead, CancellationToken cancellationToken)
    {
        var look = await Flow.LookAtAsync(Flow.Draft.Definition, cancellationToken);
        var (mine, theirs) = (IdIn(scope, own.Path), IdIn(scope, other.Path));
        FlowEdge? edge;
        if (other.Port is { } port)
        {
            edge = forward ? new FlowEdge($"{mine}.{own.Port}", $"{theirs}.{port}") : new FlowEdge($"{theirs}.{port}", $"{mine}.{own.Port}");
        }
        else if (forward)
        {
            edge = Best(PortSearch.Targets(look, scope, mine, own.Port), other.Path)?.Edge;
        }
        else
        {
            edge = PortSearch.Giving(look, scope, theirs).Select(one => new FlowEdge($"{theirs}.{one.Name}", $"{mine}.{own.Port}"))
                .FirstOrDefault(one => PortSearch.Refuses(look, scope, one) is null);
        }

        if (edge is null)
        {
            return Refuse(EditErrors.BadEdge());
        }

        if (edge == instead)
        {
            return true;
        }

        return PortSearch.Refuses(look, scope, edge) is { } wrong ? Refuse(wrong) : await DoAsync(new ConnectPorts(scope, edge, instead), cancellationToken);
    }

    /// <summary>Draws a container or a remark larger or smaller.</summary>
    public Task<bool> ResizeAsync(string path, FlowSize size, CancellationToken cancellationToken)
    {
        var number = NumberOf(path);
        return DoAsync(
            number >= 0 && Flow.Draft.Definition.Notes.ElementAtOrDefault(number) is { } note ? new SetNote(number, note with { Size = ResizeNode.Bounded(size) }) : new ResizeNode(path, size),
            cancellationToken);
    }

    /// <summary>Removes what is selected.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (Selected.Count + SelectedEdges.Count > 0)
        {
            await DoAsync(new RemoveParts([.. Selected.Where(path => !IsNote(path))], SelectedEdges, [.. Selected.Where(IsNote).Select(NumberOf)]), cancellationToken);
            Select([]);
        }
    }

    /// <summary>Puts what is on a clipboard into the flow.</summary>
    public async Task<bool> PasteAsync(string text, string scope, FlowPosition? at, bool isCopy, CancellationToken cancellationToken)
    {
        var parts = FlowClipboard.Read(text);
        if (!parts.IsSuccess)
        {
            return Refuse(parts.Error);
        }

        if (Scopes.Find(Flow.Draft.Definition, scope) is null)
        {
            return Refuse(EditErrors.NoSuchScope(scope));
        }

        var command = FlowClipboard.Paste(Flow.Draft.Definition, scope, parts.Value, at, isCopy ? "Duplicate" : "Paste");
        if (!await DoAsync(command, cancellationToken))
        {
            return false;
        }

        Select(command.Nodes.Select(node => Scopes.Join(scope, node.Id)));
        return true;
    }

    /// <summary>Arranges everything.</summary>
    public Task TidyAsync(CancellationToken cancellationToken)
    {
        var places = AutoLayout.Arrange(Flow.Draft.Definition, (path, node) => Find(path)?.Shape ?? CardShape.Of(node, NodeLook.Unknown, isNote: false));
        return DoAsync(new MoveParts(places, [], "Tidy"), cancellationToken);
    }

    /// <summary>Lines up what is selected, each with those of its scope.</summary>
    public async Task AlignAsync(Alignment how, CancellationToken cancellationToken)
    {
        var places = Selected.Where(path => !IsNote(path)).Select(Find).OfType<CardModel>().Where(card => card.Node.Position is not null)
            .GroupBy(card => card.Parent, card => (card.Path, card.Node.Position!, card.Shape), StringComparer.Ordinal).SelectMany(scope => Align.Of([.. scope], how)).ToList();
        if (places.Count > 0)
        {
            await DoAsync(new MoveParts(places, [], "Align"), cancellationToken);
        }
    }

    /// <summary>Puts a value into the settings of a node.</summary>
    public Task<bool> SetAsync(string path, string pointer, JsonElement? value, CancellationToken cancellationToken) => DoAsync(new SetField(path, pointer, value), cancellationToken);

    /// <summary>Takes what arrived, once.</summary>
    public string? TakeArrived()
    {
        var arrived = Arrived;
        Arrived = null;
        return arrived;
    }

    /// <summary>Selects a node and lets the canvas bring it into view.</summary>
    public void Arrive(string path)
    {
        Select([path]);
        Arrived = path;
        Changed?.Invoke();
    }

    /// <summary>Forgets why the last thing was not done.</summary>
    public void Forget() => Error = null;

    /// <summary>Refuses something with a reason.</summary>
    public bool Refuse(Error error)
    {
        Error = error;
        Changed?.Invoke();
        return false;
    }

    /// <summary>True for a remark of the flow itself.</summary>
    public static bool IsNote(string path) => path.StartsWith("notes.", StringComparison.Ordinal);

    /// <summary>Which of the flow's remarks; -1 for none.</summary>
    public static int NumberOf(string path) => IsNote(path) && int.TryParse(path.AsSpan(6), System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : -1;

    // A name of its own before a port that is not needed and may turn out not to take the value: JSON is seldom what was said in a conversation.
    private static PortChoice? Best(IReadOnlyList<PortChoice> choices, string path) => choices
        .Where(choice => choice.Node == path && choice is { Why: null, IsConnected: false })
        .OrderBy(choice => choice.Taken.Count).ThenBy(choice => choice.IsNew ? 1 : choice.IsLikely ? 0 : 2).ThenBy(choice => choice.Type?.Kind == PortKind.Json ? 1 : 0).FirstOrDefault();

    private static string IdIn(string scope, string path) => path == scope && scope.Length > 0 ? Scopes.Split(scope).Id : Scopes.Split(path).Id;

    // On the grid; beside the others where no place is given.
    private FlowPosition Free(AddPlace place, FlowDefinition definition)
    {
        static double Snap(double value) => Math.Round(value / CardShape.Grid) * CardShape.Grid;
        if (place.At is { } at && MoveSound(at))
        {
            return new FlowPosition(Snap(at.X), Snap(at.Y));
        }

        var beside = place.From is { } from ? Find(Scopes.Join(place.Scope, from.Node)) : null;
        var there = (Scopes.Find(definition, place.Scope)?.Nodes ?? []).Where(node => node.Position is not null).ToList();
        if (beside?.Node.Position is { } position)
        {
            var x = Snap(position.X + beside.Shape.Width + 56);
            var y = position.Y;
            while (there.Any(node => Math.Abs(node.Position!.X - x) < CardShape.Card && Math.Abs(node.Position.Y - y) < 112))
            {
                y += 112;
            }

            return new FlowPosition(x, Snap(y));
        }

        return there.Count == 0 ? new FlowPosition(0, 0) : new FlowPosition(Snap(there.Max(node => node.Position!.X) + CardShape.Card + 56), Snap(there.Min(node => node.Position!.Y)));
    }

    private static bool MoveSound(FlowPosition at) => Math.Abs(at.X) <= 1_000_000 && Math.Abs(at.Y) <= 1_000_000;
}
