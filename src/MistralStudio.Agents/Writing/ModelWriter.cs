using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Answers;
using MistralStudio.Agents.Turns;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Writing;

/// <inheritdoc cref="IModelWriter"/>
internal sealed class ModelWriter(IModelRouter router, TimeProvider time) : IModelWriter
{
    /// <inheritdoc/>
    public async Task<Result<WrittenText>> WriteAsync(WritingTask task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        var model = await router.ResolveAsync(task.Workspace, task.Model, cancellationToken);
        if (!model.IsSuccess)
        {
            return model.Error;
        }

        var options = new ChatOptions { Temperature = 0, MaxOutputTokens = task.MostTokens, Client = task.Client };
        var system = task.System;
        if (task.Schema is { } schema)
        {
            AnswerForm.Want(schema, model.Value, options, ref system);
        }

        List<ChatMessage> messages =
        [
            new(ChatRole.System, system),
            .. task.Turns.Select(turn => new ChatMessage(turn.IsModel ? ChatRole.Assistant : ChatRole.User, turn.Text)),
        ];
        try
        {
            var clock = new TurnClock(time);
            var updates = new List<ChatResponseUpdate>();
            var text = new StringBuilder();
            var (looked, isStuck) = (0, false);
            await foreach (var update in model.Value.Chat.GetStreamingResponseAsync(messages, options, cancellationToken))
            {
                clock.Read(update);
                updates.Add(update);
                if (update.Text.Length > 0)
                {
                    task.OnText?.Invoke(update.Text);
                }

                text.Append(update.Text);
                if (text.Length - looked < Repetition.Window / 4)
                {
                    continue;
                }

                looked = text.Length;
                var end = Math.Min(looked, Repetition.Window);
                if (Repetition.IsStuck(text.ToString(looked - end, end)))
                {
                    isStuck = true;
                    break;
                }
            }

            var answer = updates.ToChatResponse();
            var usage = clock.Usage();
            return new WrittenText(answer.Text, isStuck || answer.FinishReason == ChatFinishReason.Length, usage.InputTokens, usage.OutputTokens);
        }
        catch (ModelException failed)
        {
            return failed.Error;
        }
    }
}
