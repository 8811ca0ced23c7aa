using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Answers;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Nodes.Llm;

/// <summary>Configuration of an LLM node, evaluated.</summary>
internal sealed record LlmConfig
{
    public string Model { get; init; } = "default";

    public string Prompt { get; init; } = "";

    public string System { get; init; } = "";

    public float? Temperature { get; init; }

    public int MaxTokens { get; init; } = LlmNode.UsualTokens;

    /// <summary>What the answer must be; null: words.</summary>
    public JsonElement? Schema { get; init; }
}

/// <summary>Asks a model.</summary>
internal static class LlmNode
{
    public const int UsualTokens = 1024;

    public static NodeType Type { get; } = new()
    {
        Id = "llm",
        Category = NodeCategory.Models,
        ConfigType = typeof(LlmConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "model": { "type": "string", "title": "Model", "description": "default, the id of a local model, connection/name, prompt:slug@label, or app:slug. What is connected fills the variables of a prompt, by name.", "minLength": 1, "maxLength": 300, "default": "default" },
                "prompt": { "type": "string", "title": "Prompt", "description": "What is asked. Empty: the last of the messages is the question, or what a saved prompt asks.", "maxLength": 200000, "default": "" },
                "system": { "type": "string", "title": "Instructions", "description": "What the model is and how it should answer.", "maxLength": 100000, "default": "" },
                "temperature": { "type": "number", "title": "Temperature", "description": "0 takes the likeliest words, more varies them. Empty: the model's own.", "minimum": 0, "maximum": 2 },
                "maxTokens": { "type": "integer", "title": "Most tokens of the answer", "minimum": 1, "maximum": 200000, "default": 1024 },
                "schema": { "type": "object", "title": "JSON Schema of the answer", "description": "Empty: the answer is words." }
              },
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/prompt", FieldSyntax.Template), new ConfigField("/system", FieldSyntax.Template)],
        Ports = shape => new NodePorts(
            [new Port("messages", PortType.Messages, Required: false)],
            [
                new Port("text", PortType.Text), new Port("messages", PortType.Messages), new Port("usage", PortType.Json),
                .. shape.Config.TryGetProperty("schema", out _) ? [new Port("value", PortType.Json)] : (Port[])[],
            ])
        {
            Named = true,
        },
        Check = SchemaField.Problems,
        // A saved prompt has its own messages.
        CheckArriving = shape => shape.Config.TryGetProperty("model", out var model) && IsSavedPrompt(model.GetString()) ? [] : MessageValues.Unasked(shape),
        Effects = _ => NodeEffects.Reads,
        Policy = new NodePolicy { Timeout = TimeSpan.FromMinutes(10), Retry = new RetryPolicy(3) },
        StreamsText = true,
        Help = "Asks a model. The prompt names what is connected: {{ question }} or {{ search.passages }}; it may be empty where the model is a saved prompt, which has its own. \"messages\" brings what was said before and gives it back with the answer, for the next question; of it only what people and models said counts, since instructions are the author's. With a schema the answer is JSON that follows it, as \"value\" too. A model that is busy is asked again.",
        Example = """{"model":"default","system":"Answer in one sentence.","prompt":"What is a flow?","temperature":0.2,"maxTokens":300}""",
    };

    /// <summary>True where a reference names a prompt of the workspace.</summary>
    public static bool IsSavedPrompt(string? model) => ModelReference.TryParse(model, out var reference) && reference.Kind == ModelReferenceKind.Prompt;
}

/// <summary>Runs LLM nodes.</summary>
internal sealed class LlmExecutor(ModelCalls calls) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => LlmNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (LlmConfig)execution.Config;
        var resolved = await calls.ResolveAsync(execution, config.Model, [], cancellationToken);
        if (!resolved.IsSuccess)
        {
            return ModelFailure.Of(resolved.Error);
        }

        var system = config.System.Trim();
        var options = new ChatOptions { Temperature = config.Temperature, MaxOutputTokens = config.MaxTokens };
        var isSaved = LlmNode.IsSavedPrompt(config.Model);
        if (isSaved)
        {
            options.PromptVariables = execution.Inputs.Where(input => input.Key != "messages").ToDictionary(input => input.Key, input => input.Value.Text, StringComparer.Ordinal);
        }

        if (config.Schema is { } wanted)
        {
            AnswerForm.Want(wanted, resolved.Value, options, ref system);
        }

        var history = MessageValues.Read(execution.Inputs.GetValueOrDefault("messages"));
        var messages = MessageValues.Compose(system, history, config.Prompt.Trim(), config.MaxTokens, resolved.Value.Chat.GetService<ITokenCounter>());
        var question = messages is [.., { } last] && last.Role == ChatRole.User ? last : null;
        if (question is null && !isSaved)
        {
            return new NodeOutcome.Failed(ModelErrors.EmptyPrompt());
        }

        try
        {
            var answer = await calls.AskAsync(execution, resolved.Value, messages, options, execution.Stream, cancellationToken);
            IEnumerable<ChatMessage> said = question is null || (history is [.., { } latest] && latest == question) ? history : [.. history, question];
            var outputs = new Dictionary<string, FlowValue>(StringComparer.Ordinal)
            {
                ["text"] = FlowValue.Of(answer.Text),
                ["messages"] = MessageValues.Write([.. said, answer.Message]),
                ["usage"] = answer.UsageValue,
            };
            if (config.Schema is { } schema)
            {
                var value = JsonAnswers.Read(answer, JsonSchema.Read(schema).Value);
                if (!value.IsSuccess)
                {
                    return new NodeOutcome.Failed(value.Error);
                }

                outputs["value"] = FlowValue.Of(value.Value);
            }

            return new NodeOutcome.Succeeded(outputs) { Usage = answer.RunUsage };
        }
        catch (ModelException failure)
        {
            return ModelFailure.Of(failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask<string?> GenerationAsync(NodeExecution execution, CancellationToken cancellationToken) =>
        calls.GenerationAsync(execution, ((LlmConfig)execution.Config).Model, cancellationToken);
}
