using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Inference.ChatTemplates;

namespace MistralStudio.Inference.Tools;

/// <summary>
/// Tools for a model whose template has no place for them: described in the system message, calls and results written as text. All of it is
/// foreign text to the template: nothing in it becomes a control token.
/// </summary>
internal static class PlainToolPrompt
{
    private static readonly JsonSerializerOptions s_json = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>The same conversation without tools, calls and results of its own kind.</summary>
    public static ChatPrompt Write(ChatPrompt prompt)
    {
        var messages = new List<ChatMessage>(prompt.Messages.Count + 1);
        foreach (var message in prompt.Messages)
        {
            // Results of parallel calls are one message: some templates want user and assistant to take turns.
            var written = WriteMessage(message);
            var joins = message.Role == ChatRole.Tool && messages.Count > 0 && messages[^1].Role == ChatRole.User;
            if (joins)
            {
                messages[^1] = new ChatMessage(ChatRole.User, $"{messages[^1].Text}\n{written.Text}");
            }
            else
            {
                messages.Add(written);
            }
        }

        if (prompt.Tools.Count > 0)
        {
            var system = messages.FindIndex(message => message.Role == ChatRole.System);
            if (system == 0)
            {
                messages[0] = new ChatMessage(ChatRole.System, $"{messages[0].Text}\n\n{Describe(prompt.Tools)}");
            }
            else
            {
                messages.Insert(0, new ChatMessage(ChatRole.System, Describe(prompt.Tools)));
            }
        }

        return prompt with { Messages = messages, Tools = [] };
    }

    private static string Describe(IReadOnlyList<AIFunctionDeclaration> tools)
    {
        var text = new StringBuilder("You can call these tools:\n");
        foreach (var tool in tools)
        {
            text.Append(JsonSerializer.Serialize(new { name = tool.Name, description = tool.Description, parameters = tool.JsonSchema }, s_json)).Append('\n');
        }

        return text.Append(
            """

            To call a tool, answer with its name and its arguments as JSON:
            <tool_call>
            {"name": "...", "arguments": {...}}
            </tool_call>
            The result follows in <tool_response>. Call a tool only where it is needed; otherwise answer in words.
            """).ToString();
    }

    private static ChatMessage WriteMessage(ChatMessage message)
    {
        if (!message.Contents.Any(content => content is FunctionCallContent or FunctionResultContent))
        {
            return message;
        }

        var parts = new List<string>();
        if (message.Text.Length > 0)
        {
            parts.Add(message.Text);
        }

        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case FunctionCallContent call:
                    var arguments = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(), s_json);
                    parts.Add($"<tool_call>\n{{\"name\": {JsonSerializer.Serialize(call.Name, s_json)}, \"arguments\": {arguments}}}\n</tool_call>");
                    break;
                case FunctionResultContent result:
                    parts.Add($"<tool_response>\n{result.Result as string ?? JsonSerializer.Serialize(result.Result, s_json)}\n</tool_response>");
                    break;
            }
        }

        return new ChatMessage(message.Role == ChatRole.Tool ? ChatRole.User : message.Role, string.Join('\n', parts));
    }
}
