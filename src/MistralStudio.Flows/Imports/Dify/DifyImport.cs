using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Imports.Dify;

/// <summary>
/// Reads Dify's DSL: <c>{kind: app, app: {mode, name}, workflow: {graph: {nodes, edges}}}</c>, or <c>{model_config}</c> for its plain chats.
/// </summary>
internal static class DifyImport
{
    public static bool Is(JsonObject root) => root.Object("app") is not null && (root.Object("workflow") is not null || root.Object("model_config") is not null);

    public static Result<ImportedFlow> Read(JsonObject root)
    {
        var flow = new ForeignFlow(ImportSource.Dify, root.Text("app", "name") ?? "Flow");
        if (root.Object("model_config") is { } chat && root.Object("workflow", "graph") is null)
        {
            ReadChat(flow, chat);
            return DraftBuilder.Build(flow);
        }

        if (root.Object("workflow", "graph") is not { } graph || graph["nodes"] is not JsonArray { Count: > 0 } nodes)
        {
            return ImportErrors.NoFlow("Dify", "its graph has no nodes");
        }

        if (nodes.Count > FlowImport.MostNodes)
        {
            return ImportErrors.TooManyNodes(nodes.Count);
        }

        new DifyGraph(flow, root, graph).Read();
        return DraftBuilder.Build(flow);
    }

    // A chat without a graph: instructions, a model, perhaps tools.
    private static void ReadChat(ForeignFlow flow, JsonObject chat)
    {
        var query = flow.Input("query", PortType.Text, required: true);
        var names = new DifyNames();
        foreach (var field in chat.Objects("user_input_form").SelectMany(form => form.Select(one => one.Value)).OfType<JsonObject>())
        {
            if (field.Text("variable") is { } variable)
            {
                names.Plain[variable] = flow.Input(variable, PortType.Text, field.Flag("required"), field.Text("label"));
            }
        }

        var node = new ForeignNode("llm", chat.Flag("agent_mode", "enabled") ? "agent" : "llm")
        {
            Title = flow.Name,
            Config = DifyNodes.Model(chat.Object("model")),
            Texts = new() { ["system"] = names.Read(chat.Text("pre_prompt") ?? ""), ["prompt"] = ForeignText.Of(query) },
        };
        flow.Carried(node, flow.Name, "chat", DifyNodes.ModelRemark(chat.Object("model")));
        foreach (var tool in chat.Objects("agent_mode", "tools"))
        {
            flow.Note(tool.Text("tool_label") ?? tool.Text("tool_name") ?? "tool", "tool", ImportOutcome.Left, "A tool of Dify's: give the agent another that does the same.");
        }

        foreach (var set in chat.Objects("dataset_configs", "datasets", "datasets"))
        {
            flow.Note(set.Text("dataset", "id") ?? "knowledge", "dataset", ImportOutcome.Left, "A knowledge base of Dify's: make one here, and put a Knowledge search before the model.");
        }

        flow.Carried(new ForeignNode("answer", "answer") { Ports = [("text", new ForeignReference("llm", "text"))] }, "Answer", "answer");
        flow.Edges.Add(new ForeignEdge("llm", null, "answer"));
    }
}

/// <summary>Names that texts of Dify's use for values: <c>{{#node.variable#}}</c>.</summary>
internal sealed class DifyNames
{
    /// <summary>Values that are named by one word, <c>{{variable}}</c>, in chats without a graph.</summary>
    public Dictionary<string, ForeignReference> Plain { get; } = new(StringComparer.Ordinal);

    /// <summary>What a selector means; null where it means nothing here.</summary>
    public Func<IReadOnlyList<string>, ForeignReference?> Find { get; set; } = _ => null;

    public ForeignText Read(string text)
    {
        var read = new ForeignText();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                break;
            }

            var name = text[(open + 2)..close].Trim();
            var value = name.Length > 2 && name[0] == '#' && name[^1] == '#' ? Find([.. name[1..^1].Split('.')]) : Plain.GetValueOrDefault(name);
            if (value is not null || (name.Length > 2 && name[0] == '#'))
            {
                read.Add(text[at..open]);
                if (value is not null)
                {
                    read.Add(value);
                }
            }
            else
            {
                read.Add(text[at..(close + 2)]);
            }

            at = close + 2;
        }

        return read.Add(text[at..]);
    }
}
