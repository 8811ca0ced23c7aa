using Microsoft.Extensions.AI;
using MistralStudio.Agents.Turns;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Nodes;

/// <summary>What a model said.</summary>
/// <param name="Model">The reference of the model that was asked.</param>
/// <param name="Message">Its words, and the tools that it calls.</param>
/// <param name="Finish">Why it ended: <c>stop</c>, <c>length</c>, <c>tool_calls</c>.</param>
internal sealed record ModelAnswer(string Model, ChatMessage Message, string Finish, TokenUsage Usage)
{
    public string Text => Message.Text;

    /// <summary>As runs count it.</summary>
    public RunUsage RunUsage => new(Usage.InputTokens, Usage.OutputTokens, Usage.Cost);

    /// <summary>As a value of the flow: <c>{"model", "inputTokens", "outputTokens", "cachedTokens", "cost", "standIn"}</c>.</summary>
    public FlowValue UsageValue => FlowValue.From(new { Model, Usage.InputTokens, Usage.OutputTokens, Usage.CachedTokens, Usage.Cost, Usage.StandIn });
}

/// <summary>Asks models for nodes.</summary>
internal sealed class ModelCalls(IModelRouter router, IKnowledgeStates knowledge, IModelHost host, TimeProvider time)
{
    /// <inheritdoc cref="NodeModels.ResolveAsync"/>
    public ValueTask<Result<ResolvedModel>> ResolveAsync(
        NodeExecution execution, string model, IReadOnlyCollection<KnowledgeBaseId> hears, CancellationToken cancellationToken) =>
        router.ResolveAsync(knowledge, execution, model, hears, cancellationToken);

    /// <summary>Asks a model, and hands its words on while they come.</summary>
    /// <exception cref="ModelException">It failed; see <see cref="ModelFailure"/>.</exception>
    public async Task<ModelAnswer> AskAsync(
        NodeExecution execution, ResolvedModel model, IReadOnlyList<ChatMessage> messages, ChatOptions options, Action<string> stream,
        CancellationToken cancellationToken)
    {
        options.Client = execution.Start.Authority.User.ToString();
        options.Depth = execution.Start.Depth + 1;
        var clock = new TurnClock(time);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in model.Chat.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            clock.Read(update);
            updates.Add(update);
            if (update.Text.Length > 0)
            {
                stream(update.Text);
            }
        }

        var answer = updates.ToChatResponse();
        return new ModelAnswer(
            model.Id,
            new ChatMessage(ChatRole.Assistant, [.. answer.Messages.SelectMany(message => message.Contents).Where(content => content is TextContent or FunctionCallContent)]),
            answer.FinishReason?.Value ?? "stop",
            clock.Usage());
    }

    /// <summary>Names a model's content; null for one elsewhere, and for one whose content nobody hashed.</summary>
    public async ValueTask<string?> GenerationAsync(NodeExecution execution, string model, CancellationToken cancellationToken)
    {
        var resolved = await ResolveAsync(execution, model, [], cancellationToken);
        return resolved.IsSuccess && host.Find(resolved.Value.Id) is { Sha256: { Length: > 0 } content } ? $"{resolved.Value.Id} {content}" : null;
    }
}
