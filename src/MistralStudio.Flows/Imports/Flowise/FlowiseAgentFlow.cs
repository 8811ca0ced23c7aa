using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports.Flowise;

/// <summary>Reads an agent flow, node by node.</summary>
internal sealed class FlowiseAgentFlow(ForeignFlow flow, JsonObject root)
{
    private readonly Dictionary<string, JsonObject> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Node, string Output), (string Node, string? Branch)> _handles = [];
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);

    public void Read()
    {
        foreach (var node in root.Objects("nodes"))
        {
            if (node.Text("id") is { Length: > 0 } id && node.Object("data") is not null)
            {
                _nodes.TryAdd(id, node);
            }
        }

        foreach (var (id, node) in _nodes)
        {
            Read(id, node, node.Object("data")!);
        }

        var follows = new HashSet<string>(StringComparer.Ordinal);
        foreach (var edge in root.Objects("edges"))
        {
            if (edge.Text("source") is not { } from || edge.Text("target") is not { } to)
            {
                continue;
            }

            var (node, branch) = _handles.GetValueOrDefault((from, (edge.Text("sourceHandle") ?? "").Split("-output-")[^1]), (from, null));
            flow.Edges.Add(new ForeignEdge(node, branch, to));
            if (_nodes.GetValueOrDefault(to).Text("data", "name") != "loopAgentflow")
            {
                follows.Add(from);
            }
        }

        // What nothing follows is what a person is shown.
        foreach (var id in _answered.Where(id => !follows.Contains(id) && _nodes[id].Text("parentNode") is null))
        {
            flow.Nodes.Add(new ForeignNode($"{id}\u0001answer", "answer") { Title = "Answer", Ports = [("text", new ForeignReference(id, "text"))] });
        }
    }

    private void Read(string id, JsonObject node, JsonObject data)
    {
        var kind = data.Text("name") ?? node.Text("type") ?? "";
        var title = data.Text("label") is { Length: > 0 } label ? label : kind;
        var inputs = data.Object("inputs") ?? [];
        var made = new ForeignNode(id, "") { Title = title, Position = Position(node), Parent = node.Text("parentNode") };
        switch (kind)
        {
            case "startAgentflow":
                foreach (var field in inputs.Text("startInputType") == "formInput" ? inputs.Objects("formInputTypes") : [])
                {
                    if (field.Text("name") is { Length: > 0 } name)
                    {
                        flow.Input(name, field.Text("type") switch { "number" => PortType.Number, "boolean" => PortType.Boolean, _ => PortType.Text }, required: true, field.Text("label"));
                    }
                }

                flow.Note(title, kind, ImportOutcome.Carried, "");
                break;
            case "llmAgentflow" or "agentAgentflow":
                Model(made, inputs, title, kind, kind[..^"Agentflow".Length]);
                break;
            case "conditionAgentflow":
                Condition(made, inputs, title, kind);
                break;
            case "conditionAgentAgentflow":
                Classify(made, inputs, title, kind);
                break;
            case "humanInputAgentflow":
                flow.Carried(
                    made with { Type = "approval", Texts = new() { ["title"] = NotEmpty(Text(inputs.Text("humanInputDescription")), title) } }, title, kind, "Look at who may decide; nobody is named.");
                _handles[(id, "0")] = (id, "approved");
                _handles[(id, "1")] = (id, "refused");
                break;
            case "iterationAgentflow":
                Iteration(made, inputs, title, kind);
                break;
            case "httpAgentflow":
                Http(made, inputs, title, kind);
                break;
            case "customFunctionAgentflow":
                var code = made with { Type = "code", Config = new JsonObject { ["source"] = (inputs.Text("customFunctionJavascriptFunction") ?? "").Replace("$", "inputs.", StringComparison.Ordinal) } };
                foreach (var variable in inputs.Objects("customFunctionInputVariables"))
                {
                    if (variable.Text("variableName") is { Length: > 0 } name && Text(variable.Text("variableValue")).References.FirstOrDefault() is { } from)
                    {
                        code.Ports.Add((PortNames.Of(name, "value"), from));
                    }
                }

                flow.Carried(code, title, kind, "A script runs here without files, network and packages: look at what it uses.");
                break;
            case "retrieverAgentflow":
                var search = made with { Type = "knowledge-search", Config = new JsonObject { ["bases"] = new JsonArray("Knowledge") } };
                search.Ports.Add(("query", Text(inputs.Text("retrieverQuery")).References.FirstOrDefault() ?? Question()));
                flow.Carried(search, title, kind, "It searched a document store of Flowise's: make a knowledge base here, and name it in this node.");
                break;
            case "directReplyAgentflow":
                flow.Carried(made with { Type = "template", Texts = new() { ["template"] = Text(inputs.Text("directReplyMessage")) } }, title, kind);
                _answered.Add(id);
                break;
            case "loopAgentflow":
                flow.Note(title, kind, ImportOutcome.Left, "It leads back to an earlier node: here a Loop repeats what is inside it.");
                break;
            case "stickyNoteAgentflow":
                if (inputs.Text("note") is { Length: > 0 } note)
                {
                    flow.Notes.Add(new FlowNote(note.Length > 20_000 ? note[..20_000] : note) { Position = Position(node) });
                }

                break;
            default:
                flow.Left(
                    made with { Type = $"flowise/{kind}" }, title, kind,
                    FlowiseImport.Command(inputs) is { } command ? FlowiseImport.CommandRemark(command)
                    : kind == "toolAgentflow" ? $"\"{inputs.Text("toolAgentflowSelectedTool")}\" is a tool of Flowise's: put an HTTP request, an MCP tool or a Send in its place."
                    : "There is nothing like it here: put another node in its place.");
                break;
        }
    }

    private void Model(ForeignNode made, JsonObject inputs, string title, string kind, string prefix)
    {
        var (system, prompt) = (new ForeignText(), new ForeignText());
        foreach (var message in inputs.Objects($"{prefix}Messages"))
        {
            var into = message.Text("role") is "system" or "developer" ? system : prompt;
            into.Add(into.IsEmpty ? "" : "\n\n").Add(Text(message.Text("content")));
        }

        if (Text(inputs.Text($"{prefix}UserMessage")) is { IsEmpty: false } user)
        {
            prompt.Add(prompt.IsEmpty ? "" : "\n\n").Add(user);
        }

        if (prompt.IsEmpty)
        {
            // What came before is what it is asked.
            var before = root.Objects("edges").Where(edge => edge.Text("target") == made.Id).Select(edge => Output(edge.Text("source") ?? "")).OfType<ForeignReference>().FirstOrDefault();
            prompt.Add(before ?? (made.Parent is { } parent ? new ForeignReference(parent, "item") : Question()));
        }

        var node = made with { Type = TypeOf(kind, inputs), Config = new JsonObject { ["model"] = "default" }, Texts = new() { ["prompt"] = prompt } };
        if (!system.IsEmpty)
        {
            node.Texts["system"] = system;
        }

        if (inputs.Number($"{prefix}ModelConfig", "temperature") is >= 0 and <= 2 and var temperature)
        {
            node.Config["temperature"] = temperature;
        }

        var properties = new JsonObject();
        foreach (var field in inputs.Objects($"{prefix}StructuredOutput"))
        {
            if (field.Text("key") is { Length: > 0 } key)
            {
                properties[key] = new JsonObject { ["type"] = field.Text("type") switch { "number" => "number", "boolean" => "boolean", "stringArray" => "array", _ => "string" }, ["description"] = field.Text("description") ?? "" };
            }
        }

        if (properties.Count > 0)
        {
            node.Config["schema"] = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = new JsonArray([.. properties.Select(one => JsonValue.Create(one.Key))]) };
        }

        var model = inputs.Text($"{prefix}ModelConfig", "modelName") is { Length: > 0 } name ? $"It asked the model \"{name}\" there, and asks the workspace's default model here." : "";
        var tools = inputs.Objects($"{prefix}Tools").Select(tool => tool.Text($"{prefix}SelectedTool")).OfType<string>().ToList();
        var stores = inputs.Objects($"{prefix}KnowledgeDocumentStores").Any() || inputs.Objects($"{prefix}KnowledgeVSEmbeddings").Any();
        var command = FlowiseImport.Command(inputs[$"{prefix}Tools"]);
        flow.Carried(node, title, kind, string.Join(' ', ((string[])
        [
            model,
            tools.Count > 0 ? $"Its tools ({string.Join(", ", tools.Take(5))}) were left out: give it others that do the same." : "",
            stores ? "Its document stores were left out: put a Knowledge search before it." : "",
            command is null ? "" : FlowiseImport.CommandRemark(command),
        ]).Where(remark => remark.Length > 0)) is { Length: > 0 } remark ? remark : null);
        _answered.Add(made.Id);
    }

    private static string TypeOf(string kind, JsonObject inputs) => kind == "agentAgentflow" && !inputs.Objects("agentStructuredOutput").Any() ? "agent" : "llm";

    private void Condition(ForeignNode made, JsonObject inputs, string title, string kind)
    {
        var conditions = inputs.Objects("conditions").ToList();
        var isWhole = conditions.Count > 0;
        for (var place = 0; place < Math.Max(conditions.Count, 1); place++)
        {
            var id = place == 0 ? made.Id : $"{made.Id}\u0001{place}";
            var one = conditions.Count > 0 ? conditions[place] : [];
            var known = Text(one.Text("value1")).References.FirstOrDefault() is { } left
                ? LiquidConditions.Compare(left, one.Text("operation") ?? "", FlowiseText.Plain(one.Text("value2")), one.Text("type") is "number" or "boolean")
                : null;
            isWhole &= known is not null;
            flow.Nodes.Add(made with { Id = id, Type = "condition", Texts = new() { ["when"] = known ?? new ForeignText().AddCode("true == true") } });
            _handles[(made.Id, $"{place}")] = (id, "true");
            _handles[(made.Id, $"{place + 1}")] = (id, "false");
            if (place > 0)
            {
                flow.Edges.Add(new ForeignEdge(place == 1 ? made.Id : $"{made.Id}\u0001{place - 1}", "false", id));
            }
        }

        flow.Report.Add(new ImportRemark(title, kind, isWhole ? ImportOutcome.Carried : ImportOutcome.Changed, made.Id, isWhole ? "" : "One of its comparisons is not known here: look at its condition."));
    }

    private void Classify(ForeignNode made, JsonObject inputs, string title, string kind)
    {
        var classes = new JsonArray();
        foreach (var (one, place) in inputs.Objects("conditionAgentScenarios").Select((one, place) => (one, place)))
        {
            classes.Add((JsonNode)new JsonObject { ["name"] = $"class_{place + 1}", ["description"] = FlowiseText.Plain(one.Text("scenario")) });
            _handles[(made.Id, $"{place}")] = (made.Id, $"class_{place + 1}");
        }

        var node = made with { Type = "classify", Config = new JsonObject { ["classes"] = classes } };
        node.Ports.Add(("text", Text(inputs.Text("conditionAgentInput")).References.FirstOrDefault() ?? Question()));
        if (Text(inputs.Text("conditionAgentInstructions")) is { IsEmpty: false } instructions)
        {
            node.Texts["instructions"] = instructions;
        }

        flow.Carried(node, title, kind, "The workspace's default model judges here.");
    }

    private void Iteration(ForeignNode made, JsonObject inputs, string title, string kind)
    {
        var text = FlowiseText.Plain(inputs.Text("iterationInput"));
        var node = made with { Type = "for-each", Config = new JsonObject { ["parallel"] = 1 } };
        if (Text(text).References.FirstOrDefault() is { } from)
        {
            node.Ports.Add(("items", from));
        }
        else if (ForeignJson.Inside(text) is JsonArray list)
        {
            var items = $"{made.Id}\u0001items";
            flow.Nodes.Add(new ForeignNode(items, "code") { Title = "Items", Config = new JsonObject { ["source"] = $"return {list.ToJsonString()};" }, Position = made.Position });
            node.Ports.Add(("items", new ForeignReference(items, "value")));
        }

        // What the last part inside gives is what a round comes to.
        var inside = _nodes.Where(one => one.Value.Text("parentNode") == made.Id).Select(one => one.Key).ToList();
        if (inside.LastOrDefault(id => !root.Objects("edges").Any(edge => edge.Text("source") == id)) is { } last && Output(last) is { } result)
        {
            node.Returns.Add(("result", result));
        }

        flow.Carried(node, title, kind);
    }

    private void Http(ForeignNode made, JsonObject inputs, string title, string kind)
    {
        var method = (inputs.Text("method") ?? "GET").ToUpperInvariant();
        var node = made with { Type = "http-request", Config = new JsonObject { ["method"] = method }, Texts = new() { ["url"] = Text(inputs.Text("url")) } };
        var isSecret = inputs.Text("credential") is { Length: > 0 };
        foreach (var (list, member) in (ReadOnlySpan<(string, string)>)[("headers", "headers"), ("queryParams", "query")])
        {
            foreach (var one in inputs.Objects(list))
            {
                var name = (one.Text("key") ?? "").Replace("/", "", StringComparison.Ordinal);
                if (member == "headers" && Dify.DifyNodes.IsSecret(name))
                {
                    isSecret = true;
                }
                else if (name.Length > 0)
                {
                    node.Texts[$"{member}/{name}"] = Text(one.Text("value"));
                }
            }
        }

        if (method is not ("GET" or "HEAD") && Text(inputs.Text("body")) is { IsEmpty: false } body)
        {
            node.Texts["body"] = body;
        }

        flow.Carried(node, title, kind, isSecret ? "Its key did not come along: an admin can add a connection to this API, which this node names." : null);
    }

    private ForeignText Text(string? html) => FlowiseText.Read(FlowiseText.Plain(html), "{{", "}}", Find);

    private static ForeignText NotEmpty(ForeignText text, string otherwise) => text.IsEmpty ? ForeignText.Of(otherwise) : text;

    private ForeignReference Question() => flow.Inputs.Count > 0 && flow.Inputs.TrueForAll(input => input.Name != "question")
        ? new ForeignReference(ForeignFlow.StartId, flow.Inputs[0].Name)
        : flow.Input("question", PortType.Text, required: true);

    private ForeignReference? Find(string name)
    {
        var path = name.Split('.', StringSplitOptions.TrimEntries);
        var member = Dify.DifyNodes.Member(path.Skip(path.Length > 1 && path[1] == "output" ? 2 : 1));
        return path[0] switch
        {
            "question" => flow.Input("question", PortType.Text, required: true),
            "$form" when path.Length > 1 => flow.Inputs.Find(input => input.Name == PortNames.Of(path[1], "input")) is { } input ? new ForeignReference(ForeignFlow.StartId, input.Name) : null,
            "$iteration" => _nodes.FirstOrDefault(node => node.Value.Text("data", "name") == "iterationAgentflow").Key is { } each ? new ForeignReference(each, "item", Dify.DifyNodes.Member(path.Skip(1))) : null,
            "$flow" when path is [_, "state", var state, ..] => flow.Input($"state_{state}", PortType.Json, required: false),
            _ => Output(path[0]) is { } output ? member.Length > 0 && output.Port == "text" ? output with { Port = "value", Member = member } : output with { Member = member } : null,
        };
    }

    private ForeignReference? Output(string id) => _nodes.GetValueOrDefault(id).Text("data", "name") switch
    {
        "llmAgentflow" or "agentAgentflow" or "directReplyAgentflow" => new ForeignReference(id, "text"),
        "customFunctionAgentflow" => new ForeignReference(id, "value"),
        "httpAgentflow" => new ForeignReference(id, "body"),
        "retrieverAgentflow" => new ForeignReference(id, "passages"),
        "iterationAgentflow" => new ForeignReference(id, "results"),
        _ => null,
    };

    internal static FlowPosition? Position(JsonObject node) => node.Number("position", "x") is { } x && node.Number("position", "y") is { } y ? new FlowPosition(x, y) : null;
}
