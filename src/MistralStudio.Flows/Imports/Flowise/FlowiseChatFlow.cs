using System.Text.Json.Nodes;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports.Flowise;

/// <summary>
/// Reads a chat flow: chains and agents become questions to a model, the prompts that are plugged into them templates; models, memories,
/// splitters, stores and loaders are settings of them there and of the workspace here.
/// </summary>
internal sealed class FlowiseChatFlow(ForeignFlow flow, JsonObject root)
{
    private readonly Dictionary<string, JsonObject> _data = new(StringComparer.Ordinal);

    public void Read()
    {
        foreach (var node in root.Objects("nodes"))
        {
            if (node.Text("id") is { Length: > 0 } id && node.Object("data") is { } data)
            {
                _data.TryAdd(id, data);
            }
        }

        var question = flow.Input("question", PortType.Text, required: true);
        foreach (var node in root.Objects("nodes").Where(node => node.Text("id") is { Length: > 0 } && node.Object("data") is not null))
        {
            Read(node, node.Text("id")!, node.Object("data")!, question);
        }

        foreach (var chain in flow.Nodes.Where(node => node.Type is "llm" or "agent" && !flow.Nodes.Exists(other => other.Texts.Values.Any(text => text.References.Any(from => from.Node == node.Id)))).ToList())
        {
            flow.Nodes.Add(new ForeignNode($"{chain.Id}\u0001answer", "answer") { Title = "Answer", Ports = [("text", new ForeignReference(chain.Id, "text"))] });
        }
    }

    private void Read(JsonObject node, string id, JsonObject data, ForeignReference question)
    {
        var kind = data.Text("name") ?? "";
        var title = data.Text("label") is { Length: > 0 } label ? label : kind;
        var inputs = data.Object("inputs") ?? [];
        var made = new ForeignNode(id, "") { Title = title, Position = FlowiseAgentFlow.Position(node) };
        switch (Role(kind, data.Text("category")))
        {
            case Part.Note:
                if (inputs.Text("note") is { Length: > 0 } note)
                {
                    flow.Notes.Add(new FlowNote(note.Length > 20_000 ? note[..20_000] : note) { Position = made.Position });
                }

                break;
            case Part.Prompt:
                flow.Carried(made with { Type = "template", Texts = new() { ["template"] = Prompt(id, inputs) } }, title, kind);
                break;
            case Part.Chain:
                Chain(made, inputs, title, kind, question);
                break;
            case Part.Model:
                flow.Note(title, kind, ImportOutcome.Changed, $"It is the model \"{inputs.Text("modelName") ?? title}\" there; here the node that asks names its model.");
                break;
            case Part.Memory:
                flow.Note(title, kind, ImportOutcome.Left, "What was said before is remembered by the conversation here, not by a node.");
                break;
            case Part.Knowledge:
                flow.Note(title, kind, ImportOutcome.Changed, "It is a part of how documents are read and found: here a knowledge base does that.");
                break;
            default:
                flow.Note(
                    title, kind, ImportOutcome.Left,
                    FlowiseImport.Command(inputs) is { } command ? FlowiseImport.CommandRemark(command) : "It is a tool or a part of Flowise's: an Agent here can have tools that do the same.");
                break;
        }
    }

    private void Chain(ForeignNode made, JsonObject inputs, string title, string kind, ForeignReference question)
    {
        var node = made with { Type = kind.EndsWith("Agent", StringComparison.Ordinal) ? "agent" : "llm", Config = new JsonObject { ["model"] = "default" } };
        var model = Plugged(inputs["model"]).FirstOrDefault();
        if (model is not null && _data[model].Number("inputs", "temperature") is >= 0 and <= 2 and var temperature)
        {
            node.Config["temperature"] = temperature;
        }

        ForeignReference? passages = null;
        if (Plugged(inputs["vectorStoreRetriever"]).Concat(Plugged(inputs["retriever"])).Any() || kind.Contains("Retrieval", StringComparison.Ordinal))
        {
            var search = $"{made.Id}\u0001search";
            flow.Nodes.Add(new ForeignNode(search, "knowledge-search") { Title = "Find passages", Config = new JsonObject { ["bases"] = new JsonArray("Knowledge") }, Ports = [("query", question)] });
            passages = new ForeignReference(search, "passages");
        }

        var system = inputs.Text("systemMessagePrompt") ?? inputs.Text("systemMessage") ?? inputs.Text("responsePrompt") ?? "";
        var instructions = FlowiseText.Read(system, "{", "}", name => name switch { "context" => passages, "question" or "input" => question, _ => null });
        if (!instructions.IsEmpty)
        {
            node.Texts["system"] = instructions;
        }

        var prompt = Plugged(inputs["prompt"]).FirstOrDefault(id => Role(_data[id].Text("name") ?? "", null) == Part.Prompt) is { } template
            ? ForeignText.Of(new ForeignReference(template, "text"))
            : new ForeignText();
        if (prompt.IsEmpty)
        {
            prompt.Add(passages is not null && !instructions.References.Contains(passages) ? ForeignText.Of(passages).Add("\n\n") : new ForeignText()).Add(question);
        }

        node.Texts["prompt"] = prompt;
        var tools = Plugged(inputs["tools"]).Select(id => _data[id].Text("label") ?? id).ToList();
        flow.Carried(node, title, kind, string.Join(' ', ((string[])
        [
            "It asks the workspace's default model here.",
            passages is null ? "" : "Make a knowledge base of its documents, and name it in the search before it.",
            tools.Count > 0 ? $"Its tools ({string.Join(", ", tools.Take(5))}) were left out: give it others that do the same." : "",
            kind.Contains("sql", StringComparison.OrdinalIgnoreCase) ? "It read a database there: nothing here runs SQL that a model wrote." : "",
        ]).Where(remark => remark.Length > 0)));
    }

    // {objective} names a value of promptValues, which is JSON in a text: {"objective": "{{question}}", "result": "{{llmChain_0.data.instance}}"}.
    private ForeignText Prompt(string id, JsonObject inputs)
    {
        var values = inputs["promptValues"] as JsonObject ?? ForeignJson.Inside(inputs.Text("promptValues")) as JsonObject ?? [];
        return FlowiseText.Read(inputs.Text("template") ?? inputs.Text("systemMessagePrompt") ?? "", "{", "}", name => Value(values.Text(name), id) ?? (IsName(name) ? flow.Input(name, PortType.Text, required: false) : null));
    }

    private ForeignReference? Value(string? text, string asker)
    {
        if (text is null || !text.Contains("{{", StringComparison.Ordinal))
        {
            return null;
        }

        var name = text[(text.IndexOf("{{", StringComparison.Ordinal) + 2)..].Split("}}")[0].Trim();
        return name == "question" ? flow.Input("question", PortType.Text, required: true)
            : name.Split('.')[0] is var id && id != asker && _data.TryGetValue(id, out var data) && Role(data.Text("name") ?? "", null) is Part.Chain or Part.Prompt ? new ForeignReference(name.Split('.')[0], "text")
            : null;
    }

    // A field that another part is plugged into: "{{chatOpenAI_0.data.instance}}", or a list of such.
    private IEnumerable<string> Plugged(JsonNode? field) => (field is JsonArray list ? list.Select(one => one.Text()) : [field.Text()]).OfType<string>()
        .Select(text => text.Trim('{', '}', ' ').Split('.')[0]).Where(_data.ContainsKey);

    private static bool IsName(string name) => name.Length is > 0 and < 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    private static Part Role(string kind, string? category) => kind switch
    {
        "stickyNote" => Part.Note,
        "promptTemplate" or "chatPromptTemplate" or "fewShotPromptTemplate" => Part.Prompt,
        _ when kind.EndsWith("Chain", StringComparison.Ordinal) || kind.EndsWith("Agent", StringComparison.Ordinal) => Part.Chain,
        _ when category is "Chat Models" or "LLMs" || kind.StartsWith("chat", StringComparison.Ordinal) => Part.Model,
        _ when category is "Memory" || kind.EndsWith("Memory", StringComparison.Ordinal) => Part.Memory,
        _ when category is "Embeddings" or "Text Splitters" or "Vector Stores" or "Document Loaders" or "Retrievers" => Part.Knowledge,
        _ => Part.Other,
    };

    private enum Part
    {
        Other,
        Note,
        Prompt,
        Chain,
        Model,
        Memory,
        Knowledge,
    }
}
