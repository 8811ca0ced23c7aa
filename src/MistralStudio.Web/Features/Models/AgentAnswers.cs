using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Models;

/// <summary>Turns of the studio's agent as the words of a model.</summary>
internal static class AgentAnswers
{
    /// <summary>Streams a turn's answer, and at its end what it took.</summary>
    /// <exception cref="ModelException">The turn failed.</exception>
    public static async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(IAgentRunner runner, AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var step in runner.RunAsync(turn, cancellationToken))
        {
            switch (step)
            {
                case AgentEvent.TextDelta delta:
                    yield return new(ChatRole.Assistant, delta.Text);
                    break;
                case AgentEvent.Completed done:
                    yield return End(done);
                    break;
                case AgentEvent.Failed failed:
                    throw new ModelException(failed.Error);
            }
        }
    }

    private static ChatResponseUpdate End(AgentEvent.Completed done) => new(ChatRole.Assistant,
    [
        new UsageContent(new()
        {
            InputTokenCount = done.Usage.InputTokens,
            OutputTokenCount = done.Usage.OutputTokens,
            TotalTokenCount = done.Usage.InputTokens + done.Usage.OutputTokens,
            CachedInputTokenCount = done.Usage.CachedTokens,
        }),
    ])
    {
        FinishReason = new(done.FinishReason),
        AdditionalProperties = new()
        {
            [ModelPrice.CostKey] = done.Usage.Cost,
            [GenerationTimings.Key] = new GenerationTimings(done.Timings.QueueMs, done.Timings.PrefillMs, done.Timings.DecodeMs, done.Usage.CachedTokens),
        },
    };
}
