using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Answers;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents.Nodes;

/// <summary>Answers of models that follow a JSON Schema. What a model is held to by its server is checked here all the same.</summary>
internal static class JsonAnswers
{
    /// <summary>Reads an answer.</summary>
    public static Result<JsonElement> Read(ModelAnswer answer, JsonSchema schema)
    {
        if (AnswerForm.Read(answer.Text) is not { } value)
        {
            return answer.Finish == "length" ? ModelNodeErrors.AnswerCut(answer.Usage.OutputTokens) : ModelNodeErrors.AnswerNoJson();
        }

        return schema.Validate(value) is [var violation, ..] ? ModelNodeErrors.AnswerAgainstSchema(violation) : value;
    }

    /// <summary>
    /// Asks for a value, and once more with what was wrong where the answer is none. Gives what both cost: an answer that did not help was paid
    /// for too.
    /// </summary>
    public static async Task<(Result<JsonElement> Value, RunUsage Usage)> AskAsync(
        ModelCalls calls, NodeExecution execution, ResolvedModel model, string system, string request, JsonElement schema, int mostTokens,
        CancellationToken cancellationToken)
    {
        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = mostTokens };
        AnswerForm.Want(schema, model, options, ref system);
        var check = JsonSchema.Read(schema).Value;
        List<ChatMessage> messages = [new(ChatRole.System, system), new(ChatRole.User, request)];
        var first = await calls.AskAsync(execution, model, messages, options.Clone(), _ => { }, cancellationToken);
        var value = Read(first, check);
        if (value.IsSuccess || first.Finish == "length")
        {
            return (value, first.RunUsage);
        }

        messages.Add(first.Message);
        messages.Add(new(ChatRole.User, $"{value.Error.Message} Answer once more, with JSON alone."));
        var second = await calls.AskAsync(execution, model, messages, options, _ => { }, cancellationToken);
        return (Read(second, check), first.RunUsage + second.RunUsage);
    }
}
