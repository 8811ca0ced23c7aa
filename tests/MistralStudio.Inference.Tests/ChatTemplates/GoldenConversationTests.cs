using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.ChatTemplates;

/// <summary>The reference's conversations as the product holds them (messages, tools, calls, results, reasoning), through every template.</summary>
public sealed class GoldenConversationTests
{
    [Fact]
    public void Render_GivesTheReferenceText_ForConversationsWithToolsCallsResultsAndReasoning()
    {
        var folder = SharedData.Require("data", "chat-templates");
        var time = new FakeTimeProvider(new DateTimeOffset(2025, 3, 14, 15, 9, 26, TimeSpan.Zero));
        var compared = 0;
        foreach (var line in File.ReadLines(Path.Combine(folder, "golden.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var golden = json.RootElement;
            var input = golden.GetProperty("input");
            var name = golden.GetProperty("template").GetString()!;
            // Messages here hold one text and parsed arguments; an empty list of tools is no list.
            if (!golden.TryGetProperty("expected", out var expected)
                || golden.GetProperty("case").GetString() is "content-parts" or "arguments-as-string"
                || input.GetProperty("tools") is { ValueKind: JsonValueKind.Array } none && none.GetArrayLength() == 0)
            {
                continue;
            }

            var template = ChatTemplate.Open(
                name,
                File.ReadAllText(Path.Combine(folder, "templates", name)),
                input.GetProperty("bos_token").GetString()!,
                input.GetProperty("eos_token").GetString()!,
                time).Value;
            Assert.Equal(expected.GetString(), template.Render(Prompt(input)).Value.Value);
            compared++;
        }

        Assert.True(compared > 280, $"{compared} compared");
    }

    private static ChatPrompt Prompt(JsonElement input) => new([.. input.GetProperty("messages").EnumerateArray().Select(Message)])
    {
        AddGenerationPrompt = input.GetProperty("add_generation_prompt").GetBoolean(),
        Tools = input.GetProperty("tools") is { ValueKind: JsonValueKind.Array } tools ? [.. tools.EnumerateArray().Select(Tool)] : [],
        Variables = input.TryGetProperty("enable_thinking", out var thinking)
            ? new Dictionary<string, object?> { ["enable_thinking"] = thinking.GetBoolean() }
            : new Dictionary<string, object?>(),
    };

    private static ChatMessage Message(JsonElement message)
    {
        var role = new ChatRole(message.GetProperty("role").GetString()!);
        var content = message.GetProperty("content").GetString() ?? "";
        if (role == ChatRole.Tool)
        {
            return new ChatMessage(role, [new FunctionResultContent(message.GetProperty("tool_call_id").GetString()!, content)]);
        }

        var contents = new List<AIContent> { new TextContent(content) };
        if (message.TryGetProperty("reasoning_content", out var reasoning))
        {
            contents.Add(new TextReasoningContent(reasoning.GetString()));
        }

        if (message.TryGetProperty("tool_calls", out var calls))
        {
            contents.AddRange(calls.EnumerateArray().Select(call => new FunctionCallContent(
                call.GetProperty("id").GetString()!,
                call.GetProperty("function").GetProperty("name").GetString()!,
                call.GetProperty("function").GetProperty("arguments").EnumerateObject().ToDictionary(item => item.Name, item => (object?)item.Value.Clone()))));
        }

        return new ChatMessage(role, contents);
    }

    private static AIFunctionDeclaration Tool(JsonElement tool)
    {
        var function = tool.GetProperty("function");
        return AIFunctionFactory.CreateDeclaration(
            function.GetProperty("name").GetString()!, function.GetProperty("description").GetString(), function.GetProperty("parameters").Clone());
    }
}
