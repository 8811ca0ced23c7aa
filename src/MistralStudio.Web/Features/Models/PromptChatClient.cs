using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Models;

/// <summary>
/// A saved prompt as a model: its messages come first, with the values of its variables; the caller's follow. Settings that the caller sends win
/// over its own, its tools and its form of answers hold where the caller sends none of that name. Knowledge is looked up as a turn does it.
/// </summary>
/// <param name="detail">How the version was named; null for the latest.</param>
/// <param name="inner">Its model.</param>
/// <param name="heard">Bases whose words the caller's conversation may hold.</param>
/// <param name="runner">Runs the turn of a prompt with knowledge.</param>
public sealed class PromptChatClient(
    PromptText prompt, string? detail, ResolvedModel inner, IReadOnlyCollection<KnowledgeBaseId> heard, IPromptUses uses, Func<IAgentRunner> runner) : IChatClient
{
    private static readonly Dictionary<string, string> s_none = [];

    private PromptContent Content => prompt.Content;

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // An app may ask a prompt that asks the app.
        if (options?.Depth > FlowCall.MostDepth)
        {
            throw new ModelException(PromptErrors.TooDeep(prompt.Slug));
        }

        var filled = PromptTemplates.Fill(Content, options?.PromptVariables ?? s_none);
        if (!filled.IsSuccess)
        {
            throw new ModelException(filled.Error);
        }

        uses.Count(prompt, detail, options?.Client);
        var merged = PromptOptions.Merge(Content, options);
        merged.Depth = (options?.Depth ?? 0) + 1;
        List<ChatMessage> all = [.. filled.Value.Select(message => new ChatMessage(RoleOf(message.Role), message.Text)), .. messages];
        var answer = Content.Knowledge.Count > 0
            ? AgentAnswers.StreamAsync(runner(), Turn(all, merged), cancellationToken)
            : inner.Chat.GetStreamingResponseAsync(all, merged, cancellationToken);
        await foreach (var update in answer)
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey switch
    {
        not null => null,
        _ when serviceType.IsInstanceOfType(this) => this,
        _ when serviceType == typeof(ChatAbilities) && Content.Knowledge.Count > 0 => ChatAbilities.TextOnly,
        // It takes conversations only: there is no text for its messages to stand before.
        _ when serviceType == typeof(ITextCompletion) => null,
        _ => inner.Chat.GetService(serviceType, serviceKey),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private AgentTurn Turn(List<ChatMessage> messages, ChatOptions options) => new()
    {
        Workspace = prompt.Workspace,
        Model = ModelReference.TryParse(Content.Model, out var reference) ? reference : ModelReference.Default,
        Instructions = string.Join("\n\n", messages.Where(message => message.Role == ChatRole.System && message.Text.Length > 0).Select(message => message.Text)),
        Messages =
        [
            .. messages.Where(message => message.Role != ChatRole.System)
                .Select(message => new TurnMessage(message.Role == ChatRole.Assistant ? MessageRole.Assistant : MessageRole.User, message.Text)),
        ],
        Knowledge = Content.Knowledge,
        Reading = Content.Reading,
        Heard = [.. heard],
        Depth = options.Depth ?? 0,
        Settings = new(options.Temperature, options.TopP, options.MaxOutputTokens, options.Seed),
        Answer = Content.Answer,
    };

    private static ChatRole RoleOf(MessageRole role) => role switch
    {
        MessageRole.System => ChatRole.System,
        MessageRole.Assistant => ChatRole.Assistant,
        _ => ChatRole.User,
    };
}
