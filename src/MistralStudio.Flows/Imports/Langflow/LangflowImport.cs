using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports.Flowise;

namespace MistralStudio.Flows.Imports.Langflow;

/// <summary>
/// Reads exports of Langflow, <c>{data: {nodes, edges}}</c>: components whose edges carry values into fields. The Python that each brings with
/// it is not looked at.
/// </summary>
internal static class LangflowImport
{
    public static bool Is(JsonObject root) => root.Object("data") is { } data && data["nodes"] is JsonArray;

    public static Result<ImportedFlow> Read(JsonObject root)
    {
        if (root["data"]!["nodes"] is not JsonArray { Count: > 0 } nodes)
        {
            return ImportErrors.NoFlow("Langflow", "it has no nodes");
        }

        if (nodes.Count > FlowImport.MostNodes)
        {
            return ImportErrors.TooManyNodes(nodes.Count);
        }

        var flow = new ForeignFlow(ImportSource.Langflow, root.Text("name") ?? "Flow");
        new LangflowGraph(flow, (JsonObject)root["data"]!).Read();
        return DraftBuilder.Build(flow);
    }
}

/// <summary>Reads a graph of Langflow's, component by component.</summary>
internal sealed class LangflowGraph(ForeignFlow flow, JsonObject graph)
{
    private readonly Dictionary<string, JsonObject> _data = new(StringComparer.Ordinal);

    // What arrives at a field of a component: component and output.
    private readonly Dictionary<(string Node, string Field), List<(string Node, string Output)>> _arriving = [];
    private readonly Dictionary<string, string> _parent = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tools = new(StringComparer.Ordinal);

    public void Read()
    {
        foreach (var node in graph.Objects("nodes"))
        {
            if (node.Text("id") is { Length: > 0 } id && node.Object("data") is { } data)
            {
                _data.TryAdd(id, data);
            }
        }

        foreach (var edge in graph.Objects("edges"))
        {
            if (edge.Text("source") is { } from && edge.Text("target") is { } to && _data.ContainsKey(from) && _data.ContainsKey(to))
            {
                var field = edge.Text("data", "targetHandle", "fieldName") ?? edge.Text("data", "targetHandle", "name") ?? "";
                var output = edge.Text("data", "sourceHandle", "name") ?? "";
                if (!_arriving.TryGetValue((to, field), out var list))
                {
                    _arriving[(to, field)] = list = [];
                }

                list.Add((from, output));
                if (output == "component_as_tool")
                {
                    _tools.Add(from);
                }
            }
        }

        foreach (var loop in _data.Where(node => Kind(node.Value).StartsWith("Loop", StringComparison.Ordinal)).Select(node => node.Key))
        {
            Enclose(loop);
        }

        foreach (var node in graph.Objects("nodes").Where(node => node.Text("id") is { Length: > 0 } && node.Object("data") is not null))
        {
            Read(node, node.Text("id")!, node.Object("data")!);
        }
    }

    // What lies between a loop's item and the way back into it is its body.
    private void Enclose(string loop)
    {
        var body = new HashSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>(Followers(loop, "item"));
        while (left.TryPop(out var at))
        {
            if (at != loop && body.Add(at))
            {
                foreach (var next in Followers(at, null))
                {
                    left.Push(next);
                }
            }
        }

        foreach (var inside in body)
        {
            _parent.TryAdd(inside, loop);
        }
    }

    private IEnumerable<string> Followers(string node, string? output) =>
        _arriving.Where(one => one.Value.Exists(from => from.Node == node && (output is null || from.Output == output))).Select(one => one.Key.Node);

    private void Read(JsonObject node, string id, JsonObject data)
    {
        var kind = Kind(data);
        var title = data.Text("node", "display_name") is { Length: > 0 } named ? named : kind;
        var made = new ForeignNode(id, "") { Title = title, Position = FlowiseAgentFlow.Position(node), Parent = _parent.GetValueOrDefault(id) };
        if (_tools.Contains(id))
        {
            flow.Note(title, kind, ImportOutcome.Left, FlowiseImport.Command(data.Object("node", "template")) is { } starts ? FlowiseImport.CommandRemark(starts) : "It is a tool of an agent there: an Agent here can have tools that do the same.");
            return;
        }

        switch (kind)
        {
            case "ChatInput" or "TextInput":
                _ = Input(id, data);
                flow.Note(title, kind, ImportOutcome.Carried, "");
                break;
            case "ChatOutput" or "TextOutput":
                var said = Field(id, data, "input_value");
                if (said.References.ToList() is [var only])
                {
                    flow.Carried(made with { Type = "answer", Ports = [("text", only)] }, title, kind);
                }
                else
                {
                    flow.Nodes.Add(made with { Id = $"{id}\u0001text", Type = "template", Texts = new() { ["template"] = said } });
                    flow.Carried(made with { Type = "answer", Ports = [("text", new ForeignReference($"{id}\u0001text", "text"))] }, title, kind);
                }

                break;
            case "Prompt" or "Prompt Template" or "PromptTemplate":
                flow.Carried(made with { Type = "template", Texts = new() { ["template"] = FlowiseText.Read(Value(data, "template") ?? "", "{", "}", name => Named(id, data, name)) } }, title, kind);
                break;
            case "LanguageModelComponent" or "Agent" or "OpenAIModel" or "AnthropicModel" or "MistralModel" or "OllamaModel" or "GoogleGenerativeAIModel" or "AzureOpenAIModel" or "GroqModel":
                Model(made, id, data, title, kind);
                break;
            case "parser" or "ParserComponent" or "ParseData" or "ParseDataFrame":
                Parser(made, id, data, title, kind);
                break;
            case "Knowledge" or "KnowledgeRetrieval" or "AstraDB" or "Chroma" or "FAISS" or "Pinecone" or "QdrantVectorStoreComponent" or "pgvector":
                var search = made with { Type = "knowledge-search", Config = new JsonObject { ["bases"] = new JsonArray(Value(data, "knowledge_base") is { Length: > 0 } named2 ? named2 : "Knowledge") } };
                if (Arriving(id, "search_query").FirstOrDefault() is { } query)
                {
                    search.Ports.Add(("query", query));
                }

                flow.Carried(search, title, kind, "It searched a store of Langflow's: make a knowledge base here, and name it in this node.");
                break;
            case "LoopComponent" or "Loop":
                var each = made with { Type = "for-each", Config = new JsonObject { ["parallel"] = 1 } };
                each.Ports.AddRange(Arriving(id, "data").Take(1).Select(from => ("items", from)));
                each.Returns.AddRange(_arriving.Where(one => one.Key.Node == id && one.Key.Field != "data").SelectMany(one => one.Value).Where(from => _parent.GetValueOrDefault(from.Node) == id)
                    .Select(from => Output(from.Node, from.Output)).OfType<ForeignReference>().Take(1).Select(from => ("result", from)));
                flow.Carried(each, title, kind);
                break;
            case "noteNode" or "note" or "undefined" or "" when node.Text("type") == "noteNode":
                if (data.Text("node", "description") is { Length: > 0 } note)
                {
                    flow.Notes.Add(new FlowNote(note.Length > 20_000 ? note[..20_000] : note) { Position = made.Position });
                }

                break;
            default:
                var place = made with { Type = $"langflow/{kind}" };
                place.Ports.AddRange(_arriving.Where(one => one.Key.Node == id).SelectMany(one => one.Value.Select(from => (Port: PortNames.Of(one.Key.Field, "value"), From: Output(from.Node, from.Output))))
                    .Where(one => one.From is not null).DistinctBy(one => one.Port).Select(one => (one.Port, one.From!)));
                flow.Left(
                    place, title, kind,
                    FlowiseImport.Command(data.Object("node", "template")) is { } command ? FlowiseImport.CommandRemark(command) : "There is nothing like it here: put an HTTP request, an MCP tool or a script in its place.");
                break;
        }
    }

    private void Model(ForeignNode made, string id, JsonObject data, string title, string kind)
    {
        var system = Field(id, data, "system_message") is { IsEmpty: false } given ? given : Field(id, data, "system_prompt");
        var prompt = Field(id, data, "input_value");
        var node = made with { Type = kind == "Agent" ? "agent" : "llm", Config = new JsonObject { ["model"] = "default" }, Texts = new() { ["prompt"] = prompt.IsEmpty ? system : prompt } };
        if (!system.IsEmpty && !prompt.IsEmpty)
        {
            node.Texts["system"] = system;
        }

        if (data.Number("node", "template", "temperature", "value") is >= 0 and <= 2 and var temperature)
        {
            node.Config["temperature"] = temperature;
        }

        var tools = _arriving.GetValueOrDefault((id, "tools"))?.Select(from => _data[from.Node].Text("node", "display_name") ?? from.Node).ToList() ?? [];
        flow.Carried(
            node, title, kind,
            tools.Count > 0 ? $"It asks the workspace's default model here. Its tools ({string.Join(", ", tools.Take(5))}) were left out: give it others that do the same." : "It asks the workspace's default model here.");
    }

    // A pattern over one record, or over each of a table: "Title: {title}\nSummary: {summary}".
    private void Parser(ForeignNode made, string id, JsonObject data, string title, string kind)
    {
        var arriving = Arriving(id, "input_data").Concat(Arriving(id, "data")).Concat(Arriving(id, "df")).FirstOrDefault();
        var node = made with { Type = "template" };
        if (arriving is null)
        {
            flow.Left(made with { Type = $"langflow/{kind}" }, title, kind, "Nothing arrives at it.");
            return;
        }

        if (arriving.Port == "passages")
        {
            flow.Carried(node with { Texts = new() { ["template"] = ForeignText.Of(arriving) } }, title, kind, "Passages are written as a model reads them best here.");
            return;
        }

        node.Texts["template"] = FlowiseText.Read(Value(data, "pattern") ?? Value(data, "template") ?? "{text}", "{", "}", name => name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_') && name.Length > 0 ? arriving with { Member = $".{name}" } : null);
        flow.Carried(node, title, kind);
    }

    private ForeignReference Input(string id, JsonObject data)
    {
        var name = data.Text("node", "display_name") is "Chat Input" or null ? "question" : data.Text("node", "display_name")!;
        _ = id;
        return flow.Input(name, PortType.Text, required: true);
    }

    private ForeignReference? Named(string id, JsonObject data, string name) =>
        Arriving(id, name).FirstOrDefault() is { } from ? from
        : data.Object("node", "template", name) is not null
            ? flow.Input(name, PortType.Text, required: false, null, Value(data, name) is { Length: > 0 } value ? System.Text.Json.JsonSerializer.SerializeToElement(value, FlowJson.Relaxed) : null)
            : null;

    private ForeignText Field(string id, JsonObject data, string field)
    {
        var text = new ForeignText();
        foreach (var from in Arriving(id, field))
        {
            text.Add(text.IsEmpty ? "" : "\n\n").Add(from);
        }

        return text.IsEmpty ? ForeignText.Of(Value(data, field)) : text;
    }

    private IEnumerable<ForeignReference> Arriving(string id, string field) =>
        _arriving.GetValueOrDefault((id, field))?.Select(from => Output(from.Node, from.Output)).OfType<ForeignReference>() ?? [];

    private ForeignReference? Output(string id, string output)
    {
        var data = _data[id];
        return Kind(data) switch
        {
            "ChatInput" or "TextInput" => Input(id, data),
            "Knowledge" or "KnowledgeRetrieval" or "AstraDB" or "Chroma" or "FAISS" or "Pinecone" or "QdrantVectorStoreComponent" or "pgvector" => new ForeignReference(id, "passages"),
            "LoopComponent" or "Loop" => new ForeignReference(id, output == "item" ? "item" : "results"),
            "ChatOutput" or "TextOutput" => null,
            _ => new ForeignReference(id, "text"),
        };
    }

    // A field that is a text of its own; keys and passwords are never read.
    private static string? Value(JsonObject data, string field) =>
        data.Object("node", "template", field) is { } there && !there.Flag("password") && there.Text("_input_type") != "SecretStrInput" ? there.Text("value") : null;

    private static string Kind(JsonObject data) => data.Text("type") ?? "";
}
