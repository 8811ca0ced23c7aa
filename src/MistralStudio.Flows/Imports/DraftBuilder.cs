using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports;

/// <summary>
/// Makes a definition of an export. There, edges say what follows what and texts name any value that is known by then; here values travel along
/// edges. So every value that a text names gets an edge; one from outside of a container goes in through it; and one from before a branch goes
/// through the branch, so that a part of a branch that is not taken is not run.
/// </summary>
internal sealed class DraftBuilder
{
    private readonly ForeignFlow _flow;
    private readonly Dictionary<string, int> _carriedBy;
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly List<Place> _order = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    private DraftBuilder(ForeignFlow flow, Dictionary<string, int> carriedBy) => (_flow, _carriedBy) = (flow, carriedBy);

    /// <summary>The flow as a draft.</summary>
    public static ImportedFlow Build(ForeignFlow flow)
    {
        // How a value is named behind a branch depends on how many go through it, which is known once all were placed.
        var first = new DraftBuilder(flow, []);
        first.Arrange();
        var builder = new DraftBuilder(flow, first._order.ToDictionary(place => place.Id, place => place.In.Count, StringComparer.Ordinal));
        builder.Arrange();
        return new ImportedFlow(flow.Source, flow.Name, builder.Definition(), [.. flow.Report.Select(part => part with { Node = part.Node is { } id ? builder._places.GetValueOrDefault(id)?.Path : null })]);
    }

    private void Arrange()
    {
        var start = Add(new ForeignNode(ForeignFlow.StartId, "start") { Title = "Start", Position = _flow.Nodes.Count > 0 ? Left(_flow.Nodes) : null });
        foreach (var node in _flow.Nodes)
        {
            Add(node);
        }

        foreach (var place in _order.ToList())
        {
            place.Container = place.Node.Parent is { } parent && _places.TryGetValue(parent, out var container) && container.IsContainer ? container : null;
        }

        // An export may say that two are inside each other, or bury one without end.
        foreach (var place in _order.Where(place => place.Containers().Take(FlowCompiler.MostDepth + 1).Count() > FlowCompiler.MostDepth || place.Containers().Contains(place)).ToList())
        {
            place.Container = null;
        }

        var guards = new GuardMap(_flow.Edges, _order, _places);
        foreach (var place in _order)
        {
            place.Guards = guards.Of(place);
        }

        foreach (var place in _order.ToList())
        {
            Connect(place);
        }

        Follow(start);
    }

    private Place Add(ForeignNode node)
    {
        var stem = node.Type is "unknown" or "" || node.Type.Contains('/', StringComparison.Ordinal) ? PortNames.Of(node.Type.Split('/')[^1], "part").Replace('_', '-') : node.Type;
        var id = stem;
        for (var number = 2; !_ids.Add(id); number++)
        {
            id = $"{stem}-{number}";
        }

        var place = new Place(node, id);
        _order.Add(place);
        _places[node.Id] = place;
        return place;
    }

    private void Connect(Place place)
    {
        var prelude = new List<(string Port, string Named)>();
        foreach (var (port, from) in place.Node.Ports)
        {
            if (Bring(place, from, port) is not { } brought)
            {
                continue;
            }

            // A list has to be written before it is a text.
            if (brought.Rest.Length == 0 && !(port is ("text" or "query") && place.Node.Type is ("answer" or "knowledge-search") && from.Port is ("results" or "items" or "passages")))
            {
                continue;
            }

            // Only a part of what arrives is meant.
            if (place.Node.Type is "template" or "code")
            {
                prelude.Add((port, brought.Named));
            }
            else
            {
                Extract(place, port, from, brought);
            }
        }

        foreach (var (member, text) in place.Node.Texts)
        {
            var written = text.Write(value => Bring(place, value, null)?.Named, isCondition: place.Node.Type is "condition" && member == "when" || place.Node.Type == "loop");
            Put(place.Config, member.Split('/'), written);
        }

        foreach (var (port, named) in prelude)
        {
            var member = place.Node.Type == "template" ? "template" : "source";
            var line = place.Node.Type == "template" ? $"{{%- assign {port} = {named} -%}}\n" : $"const {port} = inputs.{named};\n";
            place.Config[member] = line + (place.Config[member]?.GetValue<string>() ?? "");
        }

        foreach (var (port, from) in place.Node.Returns)
        {
            if (_places.TryGetValue(from.Node, out var source) && source.Container == place)
            {
                Return(place, source, port, from);
            }
            else if (from.Node == place.Node.Id)
            {
                place.BodyEdges.Add(new FlowEdge($"{place.Id}.{from.Port}", $"{place.Id}.{port}"));
            }
        }
    }

    // A value from inside a body that goes back to its container; a part of one through a script that takes it out.
    private void Return(Place container, Place source, string port, ForeignReference from)
    {
        if (from.Member.Length == 0)
        {
            container.BodyEdges.Add(new FlowEdge($"{source.Id}.{from.Port}", $"{container.Id}.{port}"));
            return;
        }

        var taken = Add(new ForeignNode($"\u0001{source.Id}.{port}", "code") { Title = "Take out", Parent = container.Node.Id });
        taken.Container = container;
        taken.Config["source"] = $"return inputs.value{from.Member};";
        taken.In["value"] = $"{source.Id}.{from.Port}";
        container.BodyEdges.Add(new FlowEdge($"{taken.Id}.value", $"{container.Id}.{port}"));
    }

    private void Extract(Place place, string port, ForeignReference from, Brought brought)
    {
        place.In.Remove(brought.Port);
        var isText = port is "text" or "query";
        var taken = Add(new ForeignNode($"\u0001{place.Id}.{port}", isText ? "template" : "code") { Title = "Take out", Parent = place.Node.Parent });
        taken.Container = place.Container;
        taken.Guards = place.Guards;
        var inside = Bring(taken, from, null)!;
        taken.Config[isText ? "template" : "source"] = isText ? $"{{{{ {inside.Named} }}}}" : $"return inputs.{inside.Named};";
        place.In[port] = $"{taken.Id}.{(isText ? "text" : "value")}";
    }

    /// <summary>Lets a value arrive at a node, and says how it is named there; null where there is no such value.</summary>
    private Brought? Bring(Place place, ForeignReference value, string? port)
    {
        if (!_places.TryGetValue(value.Node, out var source))
        {
            return null;
        }

        var (at, end, rest) = (source, value.Port, value.Member);
        var inside = place.Containers().Reverse().ToList();
        var depth = inside.IndexOf(source);
        if (depth < 0)
        {
            // From outside of a container it goes in through it.
            depth = inside.FindIndex(container => container.Container == source.Container);
            if (depth >= 0)
            {
                (end, rest) = Through(inside[depth], source, end, rest, null);
                at = inside[depth];
            }
            else if (source.Container != place.Container)
            {
                return null;
            }
        }

        if (depth >= 0)
        {
            for (var level = depth + 1; level < inside.Count; level++)
            {
                (end, rest) = Through(inside[level], at, end, rest, null);
                at = inside[level];
            }
        }

        (end, rest) = Through(place, at, end, rest, port);
        return new Brought(end, rest);
    }

    // Connects two nodes beside each other, or a container's inner side with a node of its body, through the branches between them.
    private (string Port, string Member) Through(Place place, Place source, string port, string rest, string? asPort)
    {
        var from = source == place.Container ? [] : source.Guards;
        var (end, member) = ($"{source.Id}.{port}", rest);
        var stem = source.Node.Type == "start" || source == place.Container ? port : $"{source.Id.Replace('-', '_')}_{port}";
        foreach (var (guard, branch) in place.Guards.Skip(from.Count).Where(_ => from.SequenceEqual(place.Guards.Take(from.Count))))
        {
            if (guard == place || guard == source)
            {
                continue;
            }

            var carried = Arrive(guard, end, PortNames.Of(stem, "value"));
            member = _carriedBy.GetValueOrDefault(guard.Id, 2) > 1 ? $".{carried}{member}" : member;
            end = $"{guard.Id}.{branch}";
            stem = guard.Id.Replace('-', '_');
        }

        return (Arrive(place, end, asPort ?? PortNames.Of(stem, "value"), asPort is not null), member);
    }

    private static string Arrive(Place place, string end, string port, bool isFixed = false)
    {
        if (!isFixed && place.In.FirstOrDefault(one => one.Value == end) is { Key: { } there })
        {
            return there;
        }

        var name = port;
        for (var number = 2; !isFixed && !place.In.TryAdd(name, end); number++)
        {
            name = $"{port}_{number}";
        }

        place.In[name] = end;
        return name;
    }

    // Parts that follow others and take nothing of them follow them here too.
    private void Follow(Place start)
    {
        foreach (var edge in _flow.Edges)
        {
            if (_places.GetValueOrDefault(edge.From) is not { } from || _places.GetValueOrDefault(edge.To) is not { } to || from.Container != to.Container
                || !TakesAny(to.Node.Type) || MainPort(from, edge.Branch) is not { } port)
            {
                continue;
            }

            if (!to.In.Values.Any(end => end == $"{from.Id}.{port}" || (edge.Branch is null && end.StartsWith(from.Id + ".", StringComparison.Ordinal))))
            {
                Arrive(to, $"{from.Id}.{port}", "after");
            }
        }

        if (start.Node.Type == "start" && _flow.Inputs.Count == 0 && _order.Count > 1)
        {
            // Nothing names what starts it: it starts by itself.
            start.IsNeeded = _order.Exists(place => place.In.Values.Any(end => end.StartsWith("start.", StringComparison.Ordinal)));
        }
    }

    private string? MainPort(Place place, string? branch) => branch ?? place.Node.Type switch
    {
        "start" => _flow.Inputs.FirstOrDefault()?.Name,
        "llm" or "template" or "read-document" or "agent" => "text",
        "code" or "merge" or "set-variable" or "extract" => "value",
        "http-request" => "body",
        "knowledge-search" => "passages",
        "for-each" => "results",
        "loop" => "iterations",
        "approval" => "approved",
        "list" => "items",
        _ => null,
    };

    private static bool TakesAny(string type) => type is not ("start" or "answer" or "output" or "read-document" or "set-variable" or "switch" or "rerank" or "note");

    private FlowDefinition Definition()
    {
        var (nodes, edges) = Scope(null);
        return new FlowDefinition { Nodes = nodes, Edges = edges, Inputs = [.. _flow.Inputs], Notes = [.. _flow.Notes] };
    }

    private (IReadOnlyList<FlowNode> Nodes, IReadOnlyList<FlowEdge> Edges) Scope(Place? container)
    {
        var nodes = new List<FlowNode>();
        var edges = new List<FlowEdge>();
        foreach (var place in _order.Where(place => place.Container == container && place.IsNeeded))
        {
            var body = place.IsContainer ? Scope(place) : default;
            nodes.Add(new FlowNode(place.Id, place.Node.Type)
            {
                Title = place.Node.Title is { Length: > 0 } title ? title.Length > 200 ? title[..200] : title : null,
                Config = place.Config.Count > 0 ? System.Text.Json.JsonSerializer.SerializeToElement(place.Config, FlowJson.Relaxed) : null,
                Position = place.Node.Position,
                Body = place.IsContainer ? new FlowBody { Nodes = body.Nodes, Edges = body.Edges } : null,
            });
            edges.AddRange(place.In.Select(one => new FlowEdge(one.Value, $"{place.Id}.{one.Key}")));
        }

        edges.AddRange(container?.BodyEdges ?? []);
        return (nodes, edges);
    }

    private static FlowPosition? Left(List<ForeignNode> nodes) => nodes.Find(node => node.Position is not null)?.Position is { } first ? new FlowPosition(first.X - 300, first.Y) : null;

    private static void Put(JsonObject at, string[] path, string text)
    {
        foreach (var name in path[..^1])
        {
            at = at[name] as JsonObject ?? (JsonObject)(at[name] = new JsonObject())!;
        }

        at[path[^1]] = text;
    }

    private sealed record Brought(string Port, string Rest)
    {
        public string Named => Port + Rest;
    }
}

/// <summary>Where a part of an export is among the others.</summary>
internal sealed class Place(ForeignNode node, string id)
{
    public ForeignNode Node { get; } = node;

    public string Id { get; } = id;

    public Place? Container { get; set; }

    /// <summary>Branches that have to be taken for it, the outermost first.</summary>
    public IReadOnlyList<(Place Guard, string Branch)> Guards { get; set; } = [];

    /// <summary>In-ports and the ends that arrive there.</summary>
    public Dictionary<string, string> In { get; } = new(StringComparer.Ordinal);

    public JsonObject Config { get; } = (JsonObject)node.Config.DeepClone();

    /// <summary>Edges of a body that lead back to its container.</summary>
    public List<FlowEdge> BodyEdges { get; } = [];

    public bool IsNeeded { get; set; } = true;

    public bool IsContainer => Node.Type is "for-each" or "loop";

    public string Path => Container is { } container ? $"{container.Path}/{Id}" : Id;

    /// <summary>The containers that it is inside, the innermost first.</summary>
    public IEnumerable<Place> Containers()
    {
        var seen = new HashSet<Place>();
        for (var container = Container; container is not null && seen.Add(container); container = container.Container)
        {
            yield return container;
        }
    }
}
