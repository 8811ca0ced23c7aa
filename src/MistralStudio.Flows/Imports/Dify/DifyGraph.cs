using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports.Dify;

/// <summary>Reads a graph of Dify's, node by node.</summary>
internal sealed partial class DifyGraph(ForeignFlow flow, JsonObject root, JsonObject graph)
{
    private readonly Dictionary<string, JsonObject> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ForeignReference> _inputs = new(StringComparer.Ordinal);
    private readonly List<(string Id, string Title, ForeignText Text)> _answers = [];
    private readonly DifyNames _names = new();

    // Edges that leave a part by a handle: which part here, and which of its branches.
    private readonly Dictionary<(string Node, string Handle), (string Node, string? Branch)> _handles = [];

    private bool IsChat => root.Text("app", "mode") == "advanced-chat";

    public void Read()
    {
        _names.Find = Find;
        foreach (var node in graph.Objects("nodes"))
        {
            if (node.Text("id") is { Length: > 0 } id && node.Object("data") is { } data)
            {
                // Early exports have the type beside the data.
                if (data.Text("type") is null && node.Text("type") is { } type and not "custom")
                {
                    data["type"] = type;
                }

                _data.TryAdd(id, data);
            }
        }

        if (IsChat)
        {
            flow.Input("query", PortType.Text, required: true);
        }

        foreach (var node in graph.Objects("nodes").Where(node => node.Text("data", "type") == "start"))
        {
            Start(node);
        }

        foreach (var node in graph.Objects("nodes").Where(node => node.Text("id") is { Length: > 0 } && node.Object("data") is not null))
        {
            Read(node, node.Text("id")!, node.Object("data")!);
        }

        foreach (var edge in graph.Objects("edges"))
        {
            Edge(edge);
        }

        Answer();
    }

    private void Start(JsonObject node)
    {
        foreach (var variable in node.Objects("data", "variables"))
        {
            if (variable.Text("variable") is { Length: > 0 } name)
            {
                var value = variable.Text("default") is { Length: > 0 } given && DifyNodes.TypeOf(variable.Text("type")) == PortType.Text ? JsonSerializer.SerializeToElement(given, FlowJson.Relaxed) : (JsonElement?)null;
                _inputs[$"{node.Text("id")}.{name}"] = flow.Input(name, DifyNodes.TypeOf(variable.Text("type")), variable.Flag("required"), variable.Text("label"), value);
            }
        }

        flow.Note(node.Text("data", "title") ?? "Start", "start", ImportOutcome.Carried, "");
    }

    private void Read(JsonObject node, string id, JsonObject data)
    {
        var type = data.Text("type") ?? "";
        var title = data.Text("title") is { Length: > 0 } named ? named : type;
        var made = new ForeignNode(id, "") { Title = title, Position = DifyNodes.Position(node), Parent = node.Text("parentId") ?? data.Text("iteration_id") ?? data.Text("loop_id") };
        switch (type)
        {
            case "start" or "iteration-start" or "loop-start" or "loop-end":
                break;
            case "" when node.Text("type") == "custom-note":
                Note(node, data);
                break;
            case "answer" when made.Parent is null:
                _answers.Add((id, title, _names.Read(data.Text("answer") ?? "")));
                break;
            case "answer":
                flow.Note(title, type, ImportOutcome.Left, "It is shown from inside of a repetition there; here a flow answers at its end.");
                break;
            case "end":
                flow.Carried(made with { Type = "output", Ports = [.. Selected(data, "outputs", "value_selector")] }, title, type);
                break;
            case "llm":
                Llm(made, data, title);
                break;
            case "template-transform":
                flow.Carried(
                    made with { Type = "template", Ports = [.. Selected(data, "variables", "value_selector")], Texts = new() { ["template"] = new ForeignText().AddCode(Jinja.ToLiquid(data.Text("template") ?? "")) } }, title, type);
                break;
            case "code":
                Code(made, data, title);
                break;
            case "if-else":
                IfElse(made, data, title);
                break;
            case "http-request":
                Http(made, data, title);
                break;
            case "document-extractor":
                flow.Carried(made with { Type = "read-document", Ports = [.. Port("file", data, "variable_selector")] }, title, type);
                break;
            case "knowledge-retrieval":
                flow.Carried(
                    made with { Type = "knowledge-search", Config = new JsonObject { ["bases"] = new JsonArray(data.Text("dataset_ids", "0") ?? "Knowledge") }, Ports = [.. Port("query", data, "query_variable_selector")] },
                    title, type, "It searched knowledge bases of Dify's: make one here, and name it in this node.");
                break;
            case "question-classifier":
                Classify(made, data, title);
                break;
            case "parameter-extractor":
                Extract(made, data, title);
                break;
            case "variable-aggregator" or "variable-assigner":
                var arriving = (data["variables"] as JsonArray)?.Select(one => Find([.. one is JsonArray path ? path.Select(step => step?.ToString() ?? "") : []])).OfType<ForeignReference>().ToList() ?? [];
                flow.Carried(
                    made with { Type = "merge", Config = new JsonObject { ["mode"] = "first" }, Ports = [.. arriving.Select((from, place) => ($"value_{(place + 1).ToString(CultureInfo.InvariantCulture)}", from))] }, title, type);
                break;
            case "iteration":
                flow.Carried(
                    made with
                    {
                        Type = "for-each",
                        Config = new JsonObject { ["parallel"] = data.Flag("is_parallel") && data.Number("parallel_nums") is >= 1 and <= 32 and var parallel ? (int)parallel : 1 },
                        Ports = [.. Port("items", data, "iterator_selector")],
                        Returns = [.. Port("result", data, "output_selector")],
                    }, title, type);
                break;
            case "loop":
                Loop(made, data, title);
                break;
            case "assigner":
                Assign(made, data, title);
                break;
            case "tool" when data.Text("provider_name") == "json_process" && data.Text("tool_name") == "parse":
                ParseJson(made, data, title);
                break;
            case "tool" when data.Text("provider_type") == "mcp":
                flow.Carried(
                    made with
                    {
                        Type = "mcp-tool",
                        Config = new JsonObject { ["server"] = PortNames.Of((data.Text("provider_id") ?? "server").ToLowerInvariant(), "server").Replace('_', '-'), ["tool"] = data.Text("tool_name") ?? "tool" },
                        Texts = Arguments(data),
                    }, title, type, "It calls an MCP server: an admin can add a connection of that name.");
                break;
            default:
                flow.Left(
                    made with { Type = $"dify/{(type.Length > 0 ? type : "unknown")}" }, title, type,
                    type == "tool" ? $"\"{data.Text("tool_label") ?? data.Text("tool_name")}\" is a tool of Dify's: put an HTTP request, an MCP tool or a script in its place." : "There is nothing like it here: put another node in its place.");
                break;
        }
    }

    private void Note(JsonObject node, JsonObject data)
    {
        if (DifyNodes.NoteText(data.Text("text")) is { Length: > 0 } words)
        {
            flow.Notes.Add(new FlowNote(words.Length > 20_000 ? words[..20_000] : words) { Position = DifyNodes.Position(node) });
        }
    }

    private void Edge(JsonObject edge)
    {
        if (edge.Text("source") is not { } from || edge.Text("target") is not { } to)
        {
            return;
        }

        var handle = edge.Text("sourceHandle") ?? "source";
        var (node, branch) = _handles.GetValueOrDefault((from, handle), (from, null));
        flow.Edges.Add(new ForeignEdge(node, branch, to));
    }

    // The answers of a chat are shown one after the other: one answer of them all.
    private void Answer()
    {
        foreach (var (id, title, _) in _answers)
        {
            flow.Note(title, "answer", _answers.Count == 1 ? ImportOutcome.Carried : ImportOutcome.Changed, _answers.Count == 1 ? "" : "It is one part of the answer that the flow ends with.");
            _ = id;
        }

        if (_answers.Count == 0)
        {
            return;
        }

        const string End = "\u0001answer";
        var position = graph.Objects("nodes").Where(node => node.Text("id") == _answers[^1].Id).Select(DifyNodes.Position).FirstOrDefault();
        if (_answers.Count == 1 && _answers[0].Text.References.ToList() is [var only] && _answers[0].Text.Write(_ => "", isCondition: false).Replace("{{  }}", "", StringComparison.Ordinal).Trim().Length == 0)
        {
            flow.Nodes.Add(new ForeignNode(End, "answer") { Title = _answers[0].Title, Position = position, Ports = [("text", only)] });
            return;
        }

        var whole = new ForeignText();
        foreach (var (id, title, text) in _answers)
        {
            flow.Nodes.Add(new ForeignNode(id, "template") { Title = title, Texts = new() { ["template"] = text }, Position = position });
            whole.Add(new ForeignReference(id, "text"));
        }

        flow.Nodes.Add(new ForeignNode(End + "s", "template") { Title = "Whole answer", Texts = new() { ["template"] = whole } });
        flow.Nodes.Add(new ForeignNode(End, "answer") { Ports = [("text", new ForeignReference(End + "s", "text"))] });
    }

    private IEnumerable<(string Port, ForeignReference From)> Port(string port, JsonObject data, string selector)
    {
        if (Find(data.Strings(selector)) is { } from)
        {
            yield return (port, from);
        }
    }

    private IEnumerable<(string Port, ForeignReference From)> Selected(JsonObject data, string list, string selector) =>
        data.Objects(list).Select(one => (Name: one.Text("variable"), From: Find(one.Strings(selector)))).Where(one => one.Name is { Length: > 0 } && one.From is not null)
            .Select(one => (PortNames.Of(one.Name!, "value"), one.From!)).DistinctBy(one => one.Item1);

    /// <summary>What a selector means: <c>[node, variable, member...]</c>.</summary>
    private ForeignReference? Find(IReadOnlyList<string> selector)
    {
        if (selector.Count < 2)
        {
            return null;
        }

        var (node, name) = (selector[0], selector[1]);
        var member = DifyNodes.Member(selector.Skip(2));
        return node switch
        {
            "sys" => name == "query" ? flow.Input("query", PortType.Text, required: true) : null,
            "conversation" => flow.Input($"conversation_{name}", PortType.Json, required: false) with { Member = member },
            // A value of the environment may be a key: it does not come along.
            "env" => flow.Input($"env_{name}", PortType.Text, required: false),
            _ => _data.TryGetValue(node, out var data) ? Find(node, data, name, member) : null,
        };
    }

    private ForeignReference? Find(string node, JsonObject data, string name, string member) => data.Text("type") switch
    {
        "start" => _inputs.GetValueOrDefault($"{node}.{name}") is { } input ? input with { Member = member } : name is "sys.query" ? Find(["sys", "query"]) : null,
        "llm" => name == "structured_output" ? new ForeignReference(node, "value", member) : new ForeignReference(node, "text"),
        "code" => new ForeignReference(node, "value", DifyNodes.Member([name]) + member),
        "template-transform" or "document-extractor" => new ForeignReference(node, "text"),
        "answer" => new ForeignReference(node, "text"),
        "http-request" => new ForeignReference(node, name switch { "status_code" => "status", "headers" => "headers", _ => "body" }, name == "body" ? member : ""),
        "knowledge-retrieval" => new ForeignReference(node, "passages"),
        "parameter-extractor" => new ForeignReference(node, "value", DifyNodes.Member([name]) + member),
        "variable-aggregator" or "variable-assigner" => new ForeignReference(node, "value"),
        "iteration" => new ForeignReference(node, name is "item" or "index" ? name : "results", name == "item" ? member : ""),
        "loop" => new ForeignReference(node, PortNames.Of(name, "value"), member),
        "tool" when data.Text("provider_type") == "mcp" => new ForeignReference(node, "result"),
        "tool" when data.Text("provider_name") == "json_process" => new ForeignReference(node, "value"),
        "question-classifier" or "if-else" or "end" or "assigner" or null => null,
        _ => new ForeignReference(node, PortNames.Of(name, "value")),
    };
}
