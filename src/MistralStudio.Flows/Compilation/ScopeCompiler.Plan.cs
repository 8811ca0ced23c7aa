using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Compilation;

/// <content>From drafts to a plan.</content>
internal sealed partial class ScopeCompiler
{
    private void Bind(Draft draft, string path)
    {
        if (draft.Fields.Any(field => !field.Field.IsDeferred))
        {
            return;
        }

        try
        {
            draft.Bound = ConfigCompiler.Bind(draft.Type, draft.Config);
        }
        catch (JsonException wrong)
        {
            Problems.Add(FlowProblem.InField(path, (wrong.Path ?? "$")[1..].Replace('.', '/'), FlowErrors.BadConfig("This value cannot be read.")));
        }
    }

    private ScopePlan Plan()
    {
        var outputs = new Dictionary<string, Port>(StringComparer.Ordinal);
        foreach (var (name, type) in _drafts.Where(draft => draft.Type.Role == NodeRole.End).SelectMany(draft => draft.Arriving))
        {
            if (outputs.TryGetValue(name, out var other) && other.Type != type)
            {
                Problems.Add(FlowProblem.Of(_prefix.TrimEnd('/'), FlowErrors.DuplicateOutput(name)));
            }

            outputs[name] = new Port(name, type);
        }

        return new ScopePlan
        {
            BodyBegin = _parent is null ? -1 : 0,
            BodyEnd = _parent is null ? -1 : 1,
            Nodes = [.. _drafts.Select(Plan)],
            Edges = [.. _edges.Select(edge => new EdgePlan(edge.Index, edge.From, edge.FromPort, edge.To, edge.ToPort, edge.Type ?? PortType.Json, edge.Check))],
            Inputs = _inputs,
            Outputs = [.. outputs.Values],
            IndexOf = _indexOf,
        };
    }

    private NodePlan Plan(Draft draft) => new()
    {
        Index = draft.Index,
        Id = draft.Id,
        Title = draft.Node?.Title,
        Type = draft.Type,
        Executor = draft.Entry.Executor,
        IsBorder = draft.IsBorder,
        Config = draft.Config,
        ConfigHash = draft.IsBorder || draft.Config.ValueKind == JsonValueKind.Undefined ? "" : CanonicalJson.Hash(draft.Config),
        Bound = draft.Bound,
        Fields = draft.Fields,
        Policy = draft.Policy,
        Effects = draft.IsBorder || draft.Ports is null ? NodeEffects.Pure : draft.Type.Effects(draft.Config),
        IsIdempotent = !draft.IsBorder && draft.Ports is not null && draft.Type.IsIdempotent(draft.Config),
        Ports = draft.Ports ?? new NodePorts([], []),
        IsUnread = draft.Ports is null,
        In = [.. draft.In],
        Out = [.. draft.Out],
        Body = draft.Body,
        Variables = [.. draft.Variables],
        Sets = draft.Sets,
        StreamsTo = _parent is null && _calls.Count == 0 && draft.Type.StreamsText
            ? [.. draft.Out.Select(index => _edges[index]).Where(edge => edge is { FromPort: "text", ToPort: "text" } && _drafts[edge.To].Type is { Role: NodeRole.End })
                .Select(edge => _drafts[edge.To].Id)]
            : [],
    };

    /// <summary>Names of the inner side of a container, which no node can have.</summary>
    private static class Border
    {
        public const string Begin = "/begin";
        public const string End = "/end";
    }

    private sealed class EdgeDraft(int index, int from, string fromPort, int to, string toPort)
    {
        public int Index { get; } = index;

        public int From { get; } = from;

        public string FromPort { get; } = fromPort;

        public int To { get; } = to;

        public string ToPort { get; } = toPort;

        public PortType? Type { get; set; }

        public PortType? Check { get; set; }
    }

    private sealed class Draft(int index, string id, CatalogEntry entry)
    {
        public int Index { get; } = index;

        public string Id { get; } = id;

        public CatalogEntry Entry { get; } = entry;

        public NodeType Type => Entry.Type;

        public bool IsBorder { get; init; }

        public FlowNode? Node { get; init; }

        public List<int> In { get; } = [];

        public List<int> Out { get; } = [];

        public Dictionary<string, PortType> Arriving { get; } = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, PortType> Returned { get; set; } = new Dictionary<string, PortType>();

        public JsonElement Config { get; set; }

        public FieldPlan[] Fields { get; set; } = [];

        public NodePorts? Ports { get; set; }

        public NodePolicy Policy { get; set; } = NodePolicy.None;

        public ScopePlan? Body { get; set; }

        public object? Bound { get; set; }

        public HashSet<string> Variables { get; } = new(StringComparer.Ordinal);

        public string? Sets => !IsBorder && Type.Id == "set-variable" && Node?.Config is { ValueKind: JsonValueKind.Object } config
            && config.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
    }
}
