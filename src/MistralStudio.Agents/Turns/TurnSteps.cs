using System.ComponentModel;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Turns;

/// <summary>The steps of a turn as functions of its kernel, so that filters, telemetry and later tools see each one.</summary>
internal sealed class TurnSteps(IKnowledgeSearch knowledge, IKnowledgeReader reader)
{
    public const string PluginName = "turn";
    public const string Retrieve = "retrieve";
    public const string Answer = "answer";

    // More than a small model reads well, few enough to leave room for the conversation.
    private const int PassagesPerQuestion = 6;

    [KernelFunction(Retrieve)]
    [Description("Finds the passages of the turn's knowledge bases that may answer its question.")]
    public Task<Result<SearchResult>> RetrieveAsync(AgentTurn turn, CancellationToken cancellationToken) => turn.Reading.Everything
        ? reader.ReadAsync(KnowledgeAccess.Of(turn.Workspace, turn.Reader), turn.Knowledge, cancellationToken)
        : knowledge.SearchAsync(
            new KnowledgeQuery(turn.Workspace, turn.Knowledge, turn.Messages[^1].Text, turn.Reading.Passages ?? PassagesPerQuestion)
            {
                Parents = true,
                Reader = turn.Reader,
                Conversation = [.. turn.Messages.SkipLast(1).Select(message => new QueryTurn(message.Role == MessageRole.User, message.Text))],
            },
            cancellationToken);

    [KernelFunction(Answer)]
    [Description("Streams the model's answer to the messages.")]
    public async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        Kernel kernel, IList<ChatMessage> messages, ChatOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var model = kernel.GetRequiredService<IChatClient>();
        await foreach (var update in model.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            yield return update;
        }
    }
}
