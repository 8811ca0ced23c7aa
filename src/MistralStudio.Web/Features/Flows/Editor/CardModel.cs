using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What a run says on a card.</summary>
/// <param name="Took">How long it took, or had taken at the moment that is shown; null before it began, and while it goes on now.</param>
/// <param name="Since">When it began, while it goes on now.</param>
/// <param name="Facts">What it used and gave, in short.</param>
/// <param name="Said">The last words of what it streams.</param>
/// <param name="Taken">Names of the branches that were taken.</param>
public sealed record CardRun(NodeStatus Status, TimeSpan? Took, DateTimeOffset? Since, string Facts, string Said, IReadOnlyList<string> Taken)
{
    /// <summary>Rounds of a container, and which of them its body shows; null for another node, and before it began.</summary>
    public CardRounds? Rounds { get; init; }

    /// <summary>True where its result was pinned in the draft that ran.</summary>
    public bool IsPinned { get; init; }

    /// <summary>True where something on it changes by itself.</summary>
    public bool IsLive => Status is NodeStatus.Running or NodeStatus.Retrying && Since is not null;
}

/// <summary>Rounds of a container on its card.</summary>
/// <param name="Shown">Number of the one that its body shows, from 0.</param>
/// <param name="Done">How many are over, and of how many, in short.</param>
public sealed record CardRounds(int Shown, int Begun, int Failed, string Done);

/// <summary>Somebody wants to see a round of a container.</summary>
/// <param name="Card">Path of the container in the definition.</param>
/// <param name="Round">Its number, from 0.</param>
public readonly record struct RoundChoice(string Card, int Round);

/// <summary>Everything that a card shows.</summary>
/// <param name="Path">Path of the node; <c>notes.3</c> for a remark of the flow.</param>
/// <param name="Number">Which of the flow's remarks; -1 for a node.</param>
public sealed record CardModel(string Path, string Parent, FlowNode Node, NodeLook Look, CardShape Shape, bool IsNote, int Number, string Line, IReadOnlyList<FlowProblem> Problems)
{
    /// <summary>What a run says of it; null where none is shown.</summary>
    public CardRun? Run { get; init; }

    /// <summary>True where it is not run when the draft is tried: its output is pinned.</summary>
    public bool IsPinned { get; init; }

    /// <summary>added, removed or changed, where a change is proposed; null otherwise.</summary>
    public string? Ghost { get; init; }

    /// <summary>Who else has it selected.</summary>
    public IReadOnlyList<Guest> By { get; init; } = [];

    /// <summary>True for what repeats what is inside it.</summary>
    public bool IsContainer => Shape.IsContainer;

    /// <summary>Out-ports with a row each.</summary>
    public IEnumerable<Port> Rows => Look.Outputs.Where(port => port.IsBranch);

    /// <summary>Cards with the same one show the same.</summary>
    public string Key => string.Join(
        '\u001f', Node.Title, Node.Type, Line, NodeFace.Under(Node), Ghost, IsPinned, IsNote ? NodeFace.Text(Node, "text") : "", string.Join(',', Rows.Select(port => port.Name)),
        Problems.Count, Problems.Count > 0 ? Problems[0].Message : "", Shape, Node.Type == "approval" ? NodeFace.Items(Node, "who") + NodeFace.Text(Node, "expires") : "",
        Run?.Status, Run?.Took, Run?.Since, Run?.Facts, Run?.Said, Run?.Rounds, Run?.IsPinned, string.Join(',', By.Select(guest => guest.Name + guest.Tone)), Run is null ? "" : string.Join(',', Run.Taken));

    /// <summary>Cards of a flow in the author's order, containers before what is inside them.</summary>
    public static IReadOnlyList<CardModel> Of(FlowLook look, NodeCatalogView catalog)
    {
        ArgumentNullException.ThrowIfNull(look);
        ArgumentNullException.ThrowIfNull(catalog);
        var problems = look.Problems.ToLookup(problem => problem.Node, StringComparer.Ordinal);
        var cards = new List<CardModel>();
        foreach (var (path, node) in Scopes.All(look.Definition))
        {
            var isNote = catalog.RoleOf(node.Type) == NodeRole.Note;
            var ports = isNote ? new NodeLook([], [], false) : look.Of(path);
            cards.Add(new CardModel(
                path, Scopes.Split(path).Scope, node, ports, CardShape.Of(node, ports, isNote), isNote, -1, isNote ? "" : NodeFace.Line(node, look.Definition.Inputs), [.. problems[path]]));
        }

        cards.AddRange(look.Definition.Notes.Select((note, number) =>
        {
            var node = new FlowNode($"notes.{number}", "note") { Position = note.Position, Size = note.Size, Config = System.Text.Json.JsonSerializer.SerializeToElement(new { text = note.Text }) };
            return new CardModel(node.Id, "", node, new NodeLook([], [], false), CardShape.Of(node, NodeLook.Unknown, isNote: true), true, number, "", []);
        }));
        return cards;
    }
}
