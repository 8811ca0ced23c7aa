using System.Text.Json;
using Microsoft.Extensions.Localization;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What the canvas of the editor shows: the cards and wires of the flow, what others have selected of them, and how far a run of it came.</summary>
public sealed class ShownFlow(EditorState state, IStringLocalizer<FlowPageWords> words)
{
    private static readonly JsonElement s_nothing = JsonElement.Parse("{}");

    private FlowLook? _looked;
    private IReadOnlyList<CardModel>? _cards;
    private IReadOnlyList<Guest>? _guests;
    private RunViewState? _run;
    private long _moment;
    private HashSet<string> _ran = [];

    /// <summary>The cards.</summary>
    public IReadOnlyList<CardModel> Cards { get; private set; } = [];

    /// <summary>The wires.</summary>
    public IReadOnlyList<WireEdge> Edges { get; private set; } = [];

    /// <summary>The wires as they are drawn, without what a run says of them.</summary>
    public IReadOnlyList<WireEdge> Drawn { get; private set; } = [];

    /// <summary>Looks what is different.</summary>
    /// <param name="run">The run that is shown; null for none.</param>
    /// <param name="moment">Changes whenever that is to be shown anew.</param>
    public void Take(IReadOnlyList<Guest> guests, RunViewState? run, long moment)
    {
        ArgumentNullException.ThrowIfNull(guests);
        var cards = state.Cards;
        if (state.Flow.Look is not { } look)
        {
            return;
        }

        var isEdited = !ReferenceEquals(_looked, look) || !ReferenceEquals(_cards, cards);
        if (isEdited)
        {
            Drawn = CanvasWire.EdgesOf(look, state.TitleOf);
        }

        if (isEdited || !ReferenceEquals(_run?.Definition, run?.Definition))
        {
            _ran = run?.Definition is { } definition ? AsTheyRan(cards, definition) : [];
        }

        if (isEdited || !ReferenceEquals(_guests, guests) || !ReferenceEquals(_run, run) || _moment != moment)
        {
            (_looked, _cards, _guests, _run, _moment) = (look, cards, guests, run, moment);
            Cards = run is null ? cards : RunCards.Of(cards, run, words).Zip(cards, (ran, plain) => _ran.Contains(plain.Path) ? ran : plain).ToList();
            Cards = guests.All(guest => guest.Selected.Count == 0) ? Cards : [.. Cards.Select(card => guests.Any(guest => guest.Selected.Contains(card.Path)) ? card with { By = [.. guests.Where(guest => guest.Selected.Contains(card.Path))] } : card)];
            Edges = run is null ? Drawn : CanvasWire.EdgesOf(look, state.TitleOf, OfWhatRan(RunCards.EdgesOf(run.Cards)));
        }
    }

    // What was changed since, and what is wrong by now, shows itself and not what another had come to.
    private static HashSet<string> AsTheyRan(IReadOnlyList<CardModel> cards, FlowDefinition definition)
    {
        var ran = Scopes.All(definition).ToDictionary(part => part.Path, part => part.Node, StringComparer.Ordinal);
        return [.. cards.Where(card => !card.IsNote && card.Problems.Count == 0 && ran.TryGetValue(card.Path, out var node) && DoesTheSame(node, card.Node)).Select(card => card.Path)];
    }

    private static bool DoesTheSame(FlowNode one, FlowNode other) =>
        one.Type == other.Type && one.Policy == other.Policy && JsonElement.DeepEquals(one.Config ?? s_nothing, other.Config ?? s_nothing);

    private Func<string, FlowEdge, string?> OfWhatRan(Func<string, FlowEdge, string?> stateOf) =>
        (scope, edge) => _ran.Contains(At(scope, edge.From)) && _ran.Contains(At(scope, edge.To)) ? stateOf(scope, edge) : null;

    private static string At(string scope, string end)
    {
        var id = end[..Math.Max(0, end.IndexOf('.', StringComparison.Ordinal))];
        return FlowLook.IsContainer(scope, id) ? scope : Scopes.Join(scope, id);
    }
}
