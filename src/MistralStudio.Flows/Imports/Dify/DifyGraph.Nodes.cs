using System.Text.Json.Nodes;

namespace MistralStudio.Flows.Imports.Dify;

/// <content>Nodes that take more than a line.</content>
internal sealed partial class DifyGraph
{
    private void Llm(ForeignNode made, JsonObject data, string title)
    {
        var (system, prompt) = (new ForeignText(), new ForeignText());
        var turns = data["prompt_template"] is JsonArray ? data.Objects("prompt_template").ToList() : data.Object("prompt_template") is { } one ? [one] : [];
        var context = data.Flag("context", "enabled") ? Find(data.Strings("context", "variable_selector")) : null;
        foreach (var turn in turns)
        {
            var text = turn.Text("text") ?? turn.Text("content") ?? "";
            var into = turn.Text("role") == "system" ? system : prompt;
            into.Add(into.IsEmpty ? "" : "\n\n");
            foreach (var (piece, place) in text.Split("{{#context#}}").Select((piece, place) => (piece, place)))
            {
                if (place > 0 && context is not null)
                {
                    into.Add(context);
                }

                into.Add(_names.Read(piece));
            }
        }

        if (data.Text("memory", "query_prompt_template") is { Length: > 0 } query)
        {
            prompt.Add(prompt.IsEmpty ? "" : "\n\n").Add(_names.Read(query.Replace("{{#sys.files#}}", "", StringComparison.Ordinal).Trim()));
        }
        else if (prompt.IsEmpty && IsChat && Find(["sys", "query"]) is { } asked)
        {
            prompt.Add(asked);
        }

        // Instructions alone are what is asked.
        if (prompt.IsEmpty)
        {
            (system, prompt) = (prompt, system);
        }

        var config = DifyNodes.Model(data.Object("model"));
        if (data.Object("structured_output", "schema") is { } schema && data.Flag("structured_output_enabled"))
        {
            config["schema"] = schema.DeepClone();
        }

        var node = made with { Type = "llm", Config = config, Texts = new() { ["prompt"] = prompt } };
        if (!system.IsEmpty)
        {
            node.Texts["system"] = system;
        }

        var remark = DifyNodes.ModelRemark(data.Object("model"));
        flow.Carried(node, title, "llm", data.Flag("vision", "enabled") ? $"{remark} Pictures are not given to it.".Trim() : remark);
    }

    private void Code(ForeignNode made, JsonObject data, string title)
    {
        var source = data.Text("code") ?? "";
        var isOurs = data.Text("code_language") is "javascript";
        var node = made with { Type = "code", Ports = [.. Selected(data, "variables", "value_selector")] };
        node.Config["source"] = isOurs
            ? $"{source}\nreturn main(inputs);"
            : $"throw new Error(\"This was written in another language: write it in JavaScript.\");\n/*\n{source.Replace("*/", "* /", StringComparison.Ordinal)}\n*/";
        flow.Carried(node, title, "code", isOurs ? null : "It is a Python script there: write it in JavaScript; the script is in the node as a remark.");
    }

    // A tool of Dify's that takes a member out of JSON in a text: {"content": "{{#llm.text#}}", "json_filter": "a.b"}.
    private void ParseJson(ForeignNode made, JsonObject data, string title)
    {
        var content = _names.Read(data.Text("tool_parameters", "content", "value") ?? "").References.FirstOrDefault();
        var path = (data.Text("tool_parameters", "json_filter", "value") ?? "").TrimStart('$', '.').Split('.', StringSplitOptions.RemoveEmptyEntries);
        var names = new JsonArray([.. path.Select(step => JsonValue.Create(step))]).ToJsonString();
        var node = made with
        {
            Type = "code",
            Config = new JsonObject { ["source"] = $"let found = typeof content === 'string' ? JSON.parse(content) : content;\nfor (const name of {names}) {{ found = found?.[name]; }}\nreturn found ?? null;" },
            Ports = content is null ? [] : [("content", content)],
        };
        flow.Carried(node, title, "tool", content is null ? "Nothing arrives at it." : null);
    }

    private void IfElse(ForeignNode made, JsonObject data, string title)
    {
        var cases = data.Objects("cases").ToList();
        var isOld = cases.Count == 0;
        if (isOld)
        {
            cases.Add(data);
        }

        var isWhole = true;
        for (var place = 0; place < cases.Count; place++)
        {
            var id = place == 0 ? made.Id : $"{made.Id}\u0001{place}";
            var conditions = cases[place].Objects("conditions")
                .Select(one => Find(one.Strings("variable_selector")) is { } left ? LiquidConditions.Compare(left, one.Text("comparison_operator") ?? "", one.Text("value") ?? "", one.Text("varType") is "number" or "boolean") : null).ToList();
            isWhole &= conditions.TrueForAll(one => one is not null) && conditions.Count > 0;
            var known = conditions.OfType<ForeignText>().ToList();
            var node = made with
            {
                Id = id, Type = "condition",
                Texts = new() { ["when"] = known.Count > 0 ? LiquidConditions.Join(known, cases[place].Text("logical_operator") != "or") : new ForeignText().AddCode("true == true") },
            };
            flow.Nodes.Add(node);
            _handles[(made.Id, isOld ? "true" : cases[place].Text("case_id") ?? cases[place].Text("id") ?? "true")] = (id, "true");
            if (place > 0)
            {
                flow.Edges.Add(new ForeignEdge(place == 1 ? made.Id : $"{made.Id}\u0001{place - 1}", "false", id));
            }

            _handles[(made.Id, "false")] = (id, "false");
        }

        flow.Report.Add(new ImportRemark(
            title, "if-else", isWhole ? ImportOutcome.Carried : ImportOutcome.Changed, made.Id, isWhole ? "" : "One of its comparisons is not known here: look at its condition."));
    }

    private void Http(ForeignNode made, JsonObject data, string title)
    {
        var method = (data.Text("method") ?? "get").ToUpperInvariant();
        var node = made with
        {
            Type = "http-request",
            Config = new JsonObject { ["method"] = method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" ? method : "GET" },
            Texts = new() { ["url"] = _names.Read(data.Text("url") ?? "") },
        };
        var isSecret = data.Text("authorization", "type") is { Length: > 0 } and not "no-auth";
        foreach (var (name, value) in DifyNodes.Lines(data.Text("headers")))
        {
            if (DifyNodes.IsSecret(name))
            {
                isSecret = true;
            }
            else
            {
                node.Texts[$"headers/{name.Replace("/", "", StringComparison.Ordinal)}"] = _names.Read(value);
            }
        }

        foreach (var (name, value) in DifyNodes.Lines(data.Text("params")))
        {
            node.Texts[$"query/{name.Replace("/", "", StringComparison.Ordinal)}"] = _names.Read(value);
        }

        if (method is not ("GET" or "HEAD") && data.Text("body", "type") is { Length: > 0 } and not "none")
        {
            var body = data.Text("body", "data") ?? string.Concat(data.Objects("body", "data").Select(part => part.Text("value")));
            if (body.Length > 0)
            {
                node.Texts["body"] = _names.Read(body);
            }
        }

        flow.Carried(node, title, "http-request", isSecret ? "Its key did not come along: an admin can add a connection to this API, which this node names." : null);
    }

    private void Classify(ForeignNode made, JsonObject data, string title)
    {
        var classes = new JsonArray();
        var place = 0;
        foreach (var one in data.Objects("classes"))
        {
            var name = $"class_{++place}";
            classes.Add((JsonNode)new JsonObject { ["name"] = name, ["description"] = one.Text("name") ?? "" });
            if (one.Text("id") is { } handle)
            {
                _handles[(made.Id, handle)] = (made.Id, name);
            }
        }

        var node = made with { Type = "classify", Config = new JsonObject { ["classes"] = classes }, Ports = [.. Port("text", data, "query_variable_selector")] };
        if (data.Text("instruction") is { Length: > 0 } instructions)
        {
            node.Texts["instructions"] = _names.Read(instructions);
        }

        flow.Carried(node, title, "question-classifier", DifyNodes.ModelRemark(data.Object("model")));
    }

    private void Extract(ForeignNode made, JsonObject data, string title)
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var parameter in data.Objects("parameters"))
        {
            if (parameter.Text("name") is { Length: > 0 } name)
            {
                properties[name] = new JsonObject
                {
                    ["type"] = parameter.Text("type") switch { "number" => "number", "bool" or "boolean" => "boolean", { } list when list.StartsWith("array", StringComparison.Ordinal) => "array", _ => "string" },
                    ["description"] = parameter.Text("description") ?? "",
                };
                if (parameter.Flag("required"))
                {
                    required.Add(name);
                }
            }
        }

        var node = made with
        {
            Type = "extract",
            Config = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required } },
            Ports = [.. Port("text", data, "query")],
        };
        if (data.Text("instruction") is { Length: > 0 } instructions)
        {
            node.Texts["instructions"] = _names.Read(instructions);
        }

        flow.Carried(node, title, "parameter-extractor", DifyNodes.ModelRemark(data.Object("model")));
    }

    private void Loop(ForeignNode made, JsonObject data, string title)
    {
        var node = made with
        {
            Type = "loop",
            Config = new JsonObject { ["most"] = data.Number("loop_count") is >= 1 and <= 1000 and var most ? (int)most : 10 },
        };
        var assigned = graph.Objects("nodes").Where(inside => inside.Text("parentId") == made.Id && inside.Text("data", "type") == "assigner")
            .SelectMany(inside => inside.Objects("data", "items")).Where(item => item.Strings("variable_selector") is [var loop, _, ..] && loop == made.Id)
            .Select(item => item.Strings("variable_selector")[1]).ToHashSet(StringComparer.Ordinal);
        foreach (var variable in data.Objects("loop_variables"))
        {
            if (variable.Text("label") is not { Length: > 0 } label)
            {
                continue;
            }

            var port = PortNames.Of(label, "value");
            if (variable.Text("value_type") == "constant")
            {
                var first = $"{made.Id}\u0001{label}";
                var value = variable.Text("value") ?? "";
                var literal = variable.Text("var_type") is "number" or "boolean" && ForeignJson.Inside($"[{value}]") is JsonArray { Count: 1 } ? value : System.Text.Json.JsonSerializer.Serialize(value);
                flow.Nodes.Add(new ForeignNode(first, "code") { Title = label, Parent = made.Parent, Position = made.Position, Config = new JsonObject { ["source"] = $"return {literal};" } });
                node.Ports.Add((port, new ForeignReference(first, "value")));
            }
            else if (Find(variable.Strings("value")) is { } from)
            {
                node.Ports.Add((port, from));
            }

            if (!assigned.Contains(label))
            {
                node.Returns.Add((port, new ForeignReference(made.Id, port)));
            }
        }

        // The condition of a loop names what its body gives back.
        var conditions = data.Objects("break_conditions")
            .Select(one => one.Strings("variable_selector") is [var loop, var name, ..] && loop == made.Id
                ? LiquidConditions.Compare(new ForeignReference(made.Id, PortNames.Of(name, "value")), one.Text("comparison_operator") ?? "", one.Text("value") ?? "", one.Text("varType") is "number" or "boolean")
                : null).ToList();
        var known = conditions.OfType<ForeignText>().ToList();
        if (known.Count > 0)
        {
            node.Config["until"] = LiquidConditions.Join(known, data.Text("logical_operator") != "or").Write(value => value.Port, isCondition: true);
        }

        flow.Carried(node, title, "loop", known.Count < conditions.Count ? "One of the conditions that end it is not known here: look at it." : null);
    }

    // In a loop it is what the next round gets; elsewhere it would outlive the run there, and nothing does here.
    private void Assign(ForeignNode made, JsonObject data, string title)
    {
        var place = 0;
        var isWhole = true;
        foreach (var item in data.Objects("items"))
        {
            if (item.Strings("variable_selector") is not [var target, var name, ..] || flow.Nodes.Find(node => node.Id == target && node.Type == "loop") is not { } loop)
            {
                isWhole = false;
                continue;
            }

            var port = PortNames.Of(name, "value");
            var node = made with { Id = place++ == 0 ? made.Id : $"{made.Id}\u0001{place}", Type = "code", Ports = [], Config = [] };
            string? right = null;
            if (item.Text("input_type") == "constant" || item["value"] is not JsonArray)
            {
                right = item["value"]?.ToJsonString() ?? "null";
            }
            else if (Find(item.Strings("value")) is { } from)
            {
                node.Ports.Add(("next", from));
                right = "next";
            }

            var operation = item.Text("operation") ?? "over-write";
            node.Ports.Add(("now", new ForeignReference(target, port)));
            node.Config["source"] = (operation, right) switch
            {
                (_, null) => "return now;",
                ("+=" or "-=" or "*=" or "/=", _) => $"return now {operation[0]} {right};",
                ("append", _) => $"return [...(now ?? []), {right}];",
                ("clear", _) => "return null;",
                _ => $"return {right};",
            };
            isWhole &= right is not null;
            flow.Nodes.Add(node);
            loop.Returns.RemoveAll(one => one.Port == port);
            loop.Returns.Add((port, new ForeignReference(node.Id, "value")));
        }

        flow.Note(
            title, "assigner", place == 0 ? ImportOutcome.Left : isWhole ? ImportOutcome.Carried : ImportOutcome.Changed,
            isWhole && place > 0 ? "" : "It keeps something for the next turn of the conversation there; a run here ends with what it gives.");
    }

    private Dictionary<string, ForeignText> Arguments(JsonObject data) => (data.Object("tool_parameters") ?? [])
        .Where(one => one.Value.Text("value") is not null).ToDictionary(one => $"arguments/{one.Key.Replace("/", "", StringComparison.Ordinal)}", one => _names.Read(one.Value.Text("value")!), StringComparer.Ordinal);
}
