using Microsoft.Extensions.AI;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Inference.Tools;
using System.Text.Json;

namespace MistralStudio.Inference.Tests.Tools;

/// <summary>Answers as models write them, and what they say.</summary>
internal static class CallSamples
{
    public static IReadOnlySet<string> Names { get; } = new HashSet<string> { "get_weather", "search" };

    public static AIFunctionDeclaration Weather { get; } = Tool(
        "get_weather", """{"type":"object","properties":{"city":{"type":"string","maxLength":12},"unit":{"enum":["c","f"]}},"required":["city","unit"],"additionalProperties":false}""");

    public static AIFunctionDeclaration Search { get; } = Tool(
        "search", """{"type":"object","properties":{"query":{"type":"string","maxLength":8},"limit":{"type":"integer","minimum":1,"maximum":99}},"required":["query"],"additionalProperties":false}""");

    /// <summary>Format, answer, and the answer in the notation of <see cref="Read"/>.</summary>
    public static IReadOnlyList<(ToolFormat Format, string Answer, string Expected)> All { get; } =
    [
        (ToolFormat.Hermes, "No tool is needed: 3 < 4.", "No tool is needed: 3 < 4."),
        (ToolFormat.Hermes, "Let me see.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich\", \"note\": \"}\\\"]</tool_call>\"}}\n</tool_call>",
            "Let me see.\n|get_weather({\"city\": \"Zürich\", \"note\": \"}\\\"]</tool_call>\"})|"),
        (ToolFormat.Hermes, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"search\", \"arguments\": {\"query\": \"東京 🌧\"}}\n</tool_call>",
            "|get_weather({})||search({\"query\": \"東京 🌧\"})|"),
        (ToolFormat.Hermes, "<tool_call>{\"arguments\": {\"a\": [1, {\"b\": null}]}, \"name\": \"search\"}</tool_call> Done.", "|search({\"a\": [1, {\"b\": null}]})|Done."),
        (ToolFormat.Hermes, "<tool_call>{\"name\": \"search\", \"arguments\": \"{\\\"query\\\": \\\"x\\\"}\"}</tool_call>", "|search({\"query\": \"x\"})|"),
        (ToolFormat.Hermes, "<tool_call>[{\"name\": \"search\", \"arguments\": {\"q\": 1}}, {\"name\": \"get_weather\"}]</tool_call>", "|search({\"q\": 1})||get_weather({})|"),
        (ToolFormat.Hermes, "The tag <tool_call> is XML, <tool_calls> too.", "The tag <tool_call> is XML, <tool_calls> too."),
        (ToolFormat.Hermes, "<tool_call><tool_call>{\"name\": \"search\", \"arguments\": {}}</tool_call>", "<tool_call>|search({})|"),
        (ToolFormat.Hermes, "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"query\": \"par", "|search({\"query\": \"par...|"),
        (ToolFormat.Hermes, "<tool_call>\n{\"name\": \"sea", "<tool_call>\n{\"name\": \"sea"),
        (ToolFormat.Hermes, "<tool_call>{\"name\": \"search\", \"arguments\": {}} and more", "|search({})|and more"),
        (ToolFormat.MistralList, "[TOOL_CALLS][{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Paris\"}, \"id\": \"a1b2c3d4e\"}, {\"name\": \"search\", \"arguments\": {\"query\": \"[x]\"}}]",
            "|get_weather({\"city\": \"Paris\"})||search({\"query\": \"[x]\"})|"),
        (ToolFormat.MistralList, "[TOOL_CALLS] [{\"name\": \"search\", \"arguments\": {\"limit\": 3}}]", "|search({\"limit\": 3})|"),
        (ToolFormat.MistralList, "A list: [1, [2]] and [TOOL", "A list: [1, [2]] and [TOOL"),
        (ToolFormat.MistralNamed, "I look.[TOOL_CALLS]get_weather[ARGS]{\"city\": \"Paris\"}[TOOL_CALLS]search[ARGS]{\"query\": \"{\"}", "I look.|get_weather({\"city\": \"Paris\"})||search({\"query\": \"{\"})|"),
        (ToolFormat.MistralNamed with { WritesIds = true }, "[TOOL_CALLS]get_weather[CALL_ID]a1b2c3d4e[ARGS]{\"city\": \"Paris\"}", "|get_weather({\"city\": \"Paris\"})|"),
        (ToolFormat.MistralNamed, "[TOOL_CALLS][{\"name\": \"search\", \"arguments\": {\"query\": \"x\"}}]", "|search({\"query\": \"x\"})|"),
        (ToolFormat.MistralNamed, "[TOOL_CALLS]search[ARGS]{\"query\": ", "|search({\"query\": ...|"),
        (ToolFormat.MistralNamed, "[TOOL_CALLS]search[ARGS", "[TOOL_CALLS]search[ARGS"),
        (ToolFormat.Llama, "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}", "|get_weather({\"city\": \"Paris\"})|"),
        (ToolFormat.Llama, "\n<|python_tag|>{\"name\": \"search\", \"parameters\": {\"query\": \"x\"}}; {\"name\": \"search\", \"parameters\": {}}", "|search({\"query\": \"x\"})||search({})|"),
        (ToolFormat.Llama, "{\"name\": \"Ada\", \"parameters\": {\"born\": 1815}}", "{\"name\": \"Ada\", \"parameters\": {\"born\": 1815}}"),
        (ToolFormat.Llama, "{\"answer\": 42}", "{\"answer\": 42}"),
        (ToolFormat.Llama, "Hello {\"name\": \"search\", \"parameters\": {}}", "Hello {\"name\": \"search\", \"parameters\": {}}"),
    ];

    /// <summary>Reads pieces of an answer: texts as they are, calls as <c>|name(arguments)|</c>, a cut one as <c>|name(arguments...|</c>.</summary>
    public static string Read(ToolFormat format, IEnumerable<string> pieces)
    {
        var ids = 0;
        var stream = new ToolCallStream(format, Names, () => $"id{ids++}");
        var read = new System.Text.StringBuilder();
        var streamed = new System.Text.StringBuilder();
        foreach (var piece in pieces)
        {
            Note(stream.Push(piece));
        }

        Note(stream.End());
        return read.ToString();

        void Note(IReadOnlyList<ToolStreamEvent> events)
        {
            foreach (var happened in events)
            {
                switch (happened)
                {
                    case ToolStreamEvent.Text text:
                        read.Append(text.Piece);
                        break;
                    case ToolStreamEvent.CallBegan began:
                        streamed.Clear();
                        read.Append('|').Append(began.Name).Append('(');
                        break;
                    case ToolStreamEvent.ArgumentsPiece arguments:
                        streamed.Append(arguments.Piece);
                        read.Append(arguments.Piece);
                        break;
                    case ToolStreamEvent.CallEnded ended:
                        Assert.Equal(ended.Arguments, streamed.ToString());
                        read.Append(ended.IsCut ? "...|" : ")|");
                        break;
                }
            }
        }
    }

    public static AIFunctionDeclaration Tool(string name, string schema) =>
        AIFunctionFactory.CreateDeclaration(name, $"Calls {name}.", JsonDocument.Parse(schema).RootElement);

    /// <summary>The starter's tokens and Mistral's control tokens behind them.</summary>
    public static Vocabulary WithMistralTokens(Vocabulary tokens)
    {
        string[] controls = ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"];
        var count = tokens.Count;
        return new Vocabulary(
            [.. Enumerable.Range(0, count).Select(token => tokens.Bytes(token).ToArray()), .. controls.Select(System.Text.Encoding.UTF8.GetBytes)],
            [.. Enumerable.Range(0, count).Select(token => tokens.IsControl(token) ? TokenKind.Control : TokenKind.Normal), .. controls.Select(_ => TokenKind.Control)],
            controls.Select((name, i) => KeyValuePair.Create(name, count + i)),
            tokens.EndOfTurn);
    }
}
