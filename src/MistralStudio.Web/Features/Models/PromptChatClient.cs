using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Models;

/// <summary>
/// A saved prompt as a model: its messages come first, with the values of its variables; the caller's follow. Settings that the caller sends win
/// over its own, its tools and its form of answers hold where the caller sends none of that name. Knowledge is looked up as a turn does it. The first
/// question of the caller is the value of the prompt's last <c>{{question}}</c>, as in the playground, where they give it none themselves.
/// </summary>
/// <param name="detail">How the version was named; null for the latest.</param>
/// <param name="inner">Its model.</param>
/// <param name="heard">Bases whose words the caller's conversation may hold.</param>
/// <param name="blobs">Has the images of its messages.</param>
/// <param name="runner">Runs the turn of a prompt with knowledge.</param>
public sealed class PromptChatClient(
    PromptText prompt, string? detail, ResolvedModel inner, IReadOnlyCollection<KnowledgeBaseId> heard, IPromptUses uses, IBlobStore blobs, Func<IAgentRunner> runner) : IChatClient
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

        var asked = Asked.Of(Content, [.. messages], options?.PromptVariables ?? s_none);
        var filled = PromptTemplates.Fill(Content, asked.Values);
        if (!filled.IsSuccess)
        {
            throw new ModelException(filled.Error);
        }

        var images = await ImageBytes.ReadAsync(blobs, prompt.Workspace, Content.Images, cancellationToken);
        if (!images.IsSuccess)
        {
            throw new ModelException(images.Error);
        }

        uses.Count(prompt, detail, options?.Client);
        var merged = PromptOptions.Merge(Content, options);
        merged.Depth = (options?.Depth ?? 0) + 1;
        var answer = Content.Knowledge.Count > 0
            ? AgentAnswers.StreamAsync(runner(), Turn(filled.Value, [.. asked.Before, .. asked.After], merged), cancellationToken)
            : inner.Chat.GetStreamingResponseAsync(asked.Around([.. filled.Value.Select(message => Show(message, images.Value))]), merged, cancellationToken);
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

    private static ChatMessage Show(TurnMessage message, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> images) => message.Images.Count == 0
        ? new(RoleOf(message.Role), message.Text)
        : new(RoleOf(message.Role),
        [
            .. message.Images.Select(image => new DataContent(images[image.Sha256], image.MediaType)),
            .. message.Text.Length > 0 ? [new TextContent(message.Text)] : Array.Empty<AIContent>(),
        ]);

    private AgentTurn Turn(IReadOnlyList<TurnMessage> own, IReadOnlyList<ChatMessage> asked, ChatOptions options) => new()
    {
        Workspace = prompt.Workspace,
        Model = ModelReference.OrDefault(Content.Model),
        Instructions = string.Join("\n\n", own.Where(message => message.Role == MessageRole.System).Select(message => message.Text)
            .Concat(asked.Where(message => message.Role == ChatRole.System).Select(message => message.Text)).Where(text => text.Length > 0)),
        Messages =
        [
            .. own.Where(message => message.Role != MessageRole.System),
            .. asked.Where(message => message.Role != ChatRole.System)
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

    /// <summary>What the caller says around the prompt's own messages.</summary>
    /// <param name="Values">Of the variables.</param>
    /// <param name="Before">Stands before the prompt's last message.</param>
    /// <param name="Shown">What its last message shows beside its own images.</param>
    private sealed record Asked(IReadOnlyDictionary<string, string> Values, IReadOnlyList<ChatMessage> Before, IReadOnlyList<AIContent> Shown, IReadOnlyList<ChatMessage> After)
    {
        // The words of the first question stand in the prompt's last message, where that has a place for them.
        public static Asked Of(PromptContent content, List<ChatMessage> messages, IReadOnlyDictionary<string, string> values)
        {
            var first = messages.FindIndex(message => message.Role != ChatRole.System);
            return first < 0 || messages[first].Role != ChatRole.User || string.IsNullOrWhiteSpace(messages[first].Text) || values.ContainsKey(PromptTemplates.Question) || !PromptTemplates.TakesQuestion(content)
                ? new(values, [], [], messages)
                : new(
                    new Dictionary<string, string>(values, StringComparer.Ordinal) { [PromptTemplates.Question] = messages[first].Text },
                    messages[..first], [.. messages[first].Contents.OfType<DataContent>()], messages[(first + 1)..]);
        }

        public IEnumerable<ChatMessage> Around(List<ChatMessage> own)
        {
            if (Shown.Count > 0)
            {
                own[^1].Contents = [.. Shown, .. own[^1].Contents];
            }

            return Before.Count == 0 ? [.. own, .. After] : [.. own[..^1], .. Before, own[^1], .. After];
        }
    }
}
