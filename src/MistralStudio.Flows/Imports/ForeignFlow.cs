using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports;

/// <summary>A part of an export that becomes a node here.</summary>
/// <param name="Id">Its id there.</param>
/// <param name="Type">Id of the type of node here.</param>
internal sealed record ForeignNode(string Id, string Type)
{
    public string? Title { get; init; }

    public FlowPosition? Position { get; init; }

    /// <summary>Id of the container that it is inside; null where it is in none.</summary>
    public string? Parent { get; init; }

    /// <summary>Its configuration, but for the texts.</summary>
    public JsonObject Config { get; init; } = [];

    /// <summary>Texts of its configuration that name values, by member; <c>headers/Accept</c> is one of an object.</summary>
    public Dictionary<string, ForeignText> Texts { get; init; } = [];

    /// <summary>In-ports of given names.</summary>
    public List<(string Port, ForeignReference From)> Ports { get; init; } = [];

    /// <summary>For a container: what its body gives back, by name.</summary>
    public List<(string Port, ForeignReference From)> Returns { get; init; } = [];
}

/// <summary>That a part follows another.</summary>
/// <param name="Branch">The out-port here that is taken for it; null where the part has one way on.</param>
internal sealed record ForeignEdge(string From, string? Branch, string To);

/// <summary>An export, read: the same for every tool.</summary>
internal sealed class ForeignFlow(ImportSource source, string name)
{
    private readonly HashSet<string> _inputNames = new(StringComparer.OrdinalIgnoreCase);

    public ImportSource Source { get; } = source;

    public string Name { get; } = name;

    public List<ForeignNode> Nodes { get; } = [];

    public List<ForeignEdge> Edges { get; } = [];

    public List<FlowInput> Inputs { get; } = [];

    public List<FlowNote> Notes { get; } = [];

    /// <summary>Ids, at first those of the export.</summary>
    public List<ImportRemark> Report { get; } = [];

    public const string StartId = "\u0001start";

    /// <summary>A value that a run is started with.</summary>
    public ForeignReference Input(string name, PortType type, bool required, string? title = null, System.Text.Json.JsonElement? value = null)
    {
        if (Inputs.FirstOrDefault(input => input.Title == (title ?? name)) is { } there)
        {
            return new ForeignReference(StartId, there.Name);
        }

        var clean = PortNames.Of(name, "input");
        var unique = clean;
        for (var number = 2; !_inputNames.Add(unique); number++)
        {
            unique = $"{clean}_{number}";
        }

        Inputs.Add(new FlowInput(unique, type) { Required = required && value is null, Title = title ?? name, Default = value is { } given && type.Admits(given) ? given : null });
        return new ForeignReference(StartId, unique);
    }

    public void Carried(ForeignNode node, string part, string kind, string? remark = null)
    {
        Nodes.Add(node);
        Report.Add(new ImportRemark(part, kind, remark is null ? ImportOutcome.Carried : ImportOutcome.Changed, node.Id, remark ?? ""));
    }

    /// <summary>A part without a counterpart: a node of a type that does not exist here holds its place and its edges.</summary>
    public void Left(ForeignNode place, string part, string kind, string remark)
    {
        Nodes.Add(place);
        Report.Add(new ImportRemark(part, kind, ImportOutcome.Left, place.Id, remark));
    }

    /// <summary>A part that has no place of its own here.</summary>
    public void Note(string part, string kind, ImportOutcome outcome, string remark) => Report.Add(new ImportRemark(part, kind, outcome, null, remark));
}

/// <summary>Names as ports have them.</summary>
internal static class PortNames
{
    public static string Of(string name, string otherwise)
    {
        var clean = new string([.. name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_' ? letter : '_')]).Trim('_');
        clean = clean.Length > 40 ? clean[..40] : clean;
        return clean.Length == 0 ? otherwise : char.IsAsciiDigit(clean[0]) || clean is "error" or "variables" ? $"{otherwise}_{clean}" : clean;
    }
}
