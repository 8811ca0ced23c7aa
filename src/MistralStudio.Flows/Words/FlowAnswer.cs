using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Words;

/// <summary>A flow as a model wrote it.</summary>
internal sealed record WrittenFlow(FlowDefinition Definition, string Summary);

/// <summary>Reads what models write.</summary>
internal static class FlowAnswer
{
    private const int MostSummary = 2_000;

    /// <summary>A whole flow: <c>{"summary", "inputs", "nodes", "edges"}</c>.</summary>
    public static Result<WrittenFlow> ReadDefinition(string text)
    {
        var read = Object(text);
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        var summary = Summary(read.Value);
        read.Value["schema"] = FlowDefinition.CurrentSchema;
        var definition = FlowDefinitions.Read(read.Value.ToJsonString());
        return definition.IsSuccess ? new WrittenFlow(Placed(definition.Value, []), summary) : definition.Error;
    }

    /// <summary>Changes of a flow, see <see cref="FlowPatch"/>.</summary>
    public static Result<WrittenFlow> ReadPatch(string text, FlowDefinition current)
    {
        var read = Object(text);
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        var summary = Summary(read.Value);
        try
        {
            if (read.Value.Deserialize<FlowPatch>(FlowJson.Relaxed) is not { } patch)
            {
                return DefinitionErrors.Unreadable("", "it is null");
            }

            var changed = patch.Apply(current);
            return changed.IsSuccess ? new WrittenFlow(current.Nodes.Any(node => node.Position is not null) ? Beside(changed.Value, current) : Placed(changed.Value, [.. current.Nodes.Select(node => node.Id)]), summary) : changed.Error;
        }
        catch (JsonException wrong)
        {
            return DefinitionErrors.Unreadable(wrong.Path ?? "", "it is not of this form");
        }
    }

    // The first object of a text: many models write words or a fence around it whatever they are told.
    private static Result<JsonObject> Object(string text)
    {
        var begin = text.IndexOf('{', StringComparison.Ordinal);
        var end = text.LastIndexOf('}');
        if (begin < 0 || end < begin)
        {
            return DefinitionErrors.Unreadable("", "there is no JSON in it");
        }

        try
        {
            // Read twice: what names one member twice is no object of ours.
            return JsonSerializer.Deserialize<JsonElement>(text.AsSpan(begin, end - begin + 1), FlowJson.Relaxed) is { ValueKind: JsonValueKind.Object } element
                && JsonNode.Parse(element.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = FlowJson.Relaxed.MaxDepth, AllowDuplicateProperties = false }) is JsonObject read
                    ? read
                    : DefinitionErrors.Unreadable("", "it is no object");
        }
        catch (JsonException wrong)
        {
            return DefinitionErrors.Unreadable("", $"line {(wrong.LineNumber ?? 0) + 1} is no JSON");
        }
    }

    private static string Summary(JsonObject answer)
    {
        var said = answer["summary"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : "";
        answer.Remove("summary");
        return said.Length <= MostSummary ? said : $"{said[..(MostSummary - 1)]}…";
    }

    // In columns by what they wait for, so that a new flow can be read before anybody moved a node.
    private static FlowDefinition Placed(FlowDefinition definition, HashSet<string> known)
    {
        const int Column = 320;
        const int Row = 160;
        var depth = definition.Nodes.DistinctBy(node => node.Id).ToDictionary(node => node.Id, _ => 0, StringComparer.Ordinal);
        for (var round = 0; round < Math.Min(depth.Count, 100); round++)
        {
            var moved = false;
            foreach (var edge in definition.Edges)
            {
                var (from, to) = (FlowEdge.NodeOf(edge.From), FlowEdge.NodeOf(edge.To));
                if (depth.TryGetValue(from, out var before) && depth.TryGetValue(to, out var at) && at <= before && before < depth.Count)
                {
                    depth[to] = before + 1;
                    moved = true;
                }
            }

            if (!moved)
            {
                break;
            }
        }

        var rows = new Dictionary<int, int>();
        return definition with
        {
            Nodes =
            [
                .. definition.Nodes.Select(node =>
                {
                    var column = depth[node.Id];
                    var row = rows[column] = rows.GetValueOrDefault(column, -1) + 1;
                    return node.Position is null && !known.Contains(node.Id) ? node with { Position = new FlowPosition(column * Column, row * Row) } : node;
                }),
            ],
        };
    }

    // What is new among nodes that have their places stands to the right of what it waits for, below what is there already and what would go: both are
    // looked at together.
    private static FlowDefinition Beside(FlowDefinition definition, FlowDefinition current)
    {
        const int Column = 240;
        const int Row = 176;
        const int Step = 16;
        var known = current.Nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var gone = current.Nodes.Where(node => node.Position is not null && definition.Nodes.All(one => one.Id != node.Id)).Select(node => node.Position!).ToList();
        var places = definition.Nodes.Where(node => node.Position is not null).DistinctBy(node => node.Id).ToDictionary(node => node.Id, node => node.Position!, StringComparer.Ordinal);
        for (var left = definition.Nodes.Where(node => node.Position is null && !known.Contains(node.Id)).Select(node => node.Id).Distinct(StringComparer.Ordinal).ToList(); left.Count > 0;)
        {
            // First one whose sources all have places; where there is none, any.
            var next = left.Find(id => !SourcesOf(id).Any(left.Contains)) ?? left[0];
            left.Remove(next);
            var sources = SourcesOf(next).Where(places.ContainsKey).Select(id => places[id]).ToList();
            var targets = definition.Edges.Where(edge => FlowEdge.NodeOf(edge.From) == next && places.ContainsKey(FlowEdge.NodeOf(edge.To))).Select(edge => places[FlowEdge.NodeOf(edge.To)]).ToList();
            var at = sources.Count > 0 ? new FlowPosition(sources.Max(one => one.X) + Column, sources.Max(one => one.Y))
                : targets.Count > 0 ? new FlowPosition(targets.Min(one => one.X) - Column, targets.Min(one => one.Y))
                : new FlowPosition(places.Count > 0 ? places.Values.Min(one => one.X) : 0, places.Count > 0 ? places.Values.Max(one => one.Y) + Row : 0);
            while (places.Values.Concat(gone).Any(one => Math.Abs(one.X - at.X) < Column - 32 && Math.Abs(one.Y - at.Y) < Row))
            {
                at = at with { Y = at.Y + Step };
            }

            places[next] = at;
        }

        return definition with { Nodes = [.. definition.Nodes.Select(node => node.Position is null && places.TryGetValue(node.Id, out var place) ? node with { Position = place } : node)] };

        IEnumerable<string> SourcesOf(string id) => definition.Edges.Where(edge => FlowEdge.NodeOf(edge.To) == id && FlowEdge.NodeOf(edge.From) != id).Select(edge => FlowEdge.NodeOf(edge.From)).Where(one => definition.Nodes.Any(node => node.Id == one));
    }
}
