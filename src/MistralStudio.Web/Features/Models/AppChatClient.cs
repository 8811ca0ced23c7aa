using System.Collections.ObjectModel;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Models;

/// <summary>
/// A published app as a model: its instructions, knowledge and settings come with it, the caller sends the conversation. System messages of
/// the caller follow the app's own instructions; they do not replace them.
/// </summary>
/// <param name="heard">Bases whose words the caller's conversation may hold beside the app's own.</param>
public sealed class AppChatClient(AppVersion app, ModelReference model, IReadOnlyCollection<KnowledgeBaseId> heard, IAgentRunner runner) : IChatClient
{
    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (options?.PromptVariables is { Count: > 0 } && model.Kind != ModelReferenceKind.Prompt)
        {
            throw new ModelException(AppErrors.HasNoVariables(app.Slug));
        }

        await foreach (var update in AgentAnswers.StreamAsync(runner, Turn(messages, options), cancellationToken))
        {
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey switch
    {
        not null => null,
        _ when serviceType == typeof(ChatAbilities) => ChatAbilities.TextOnly,
        _ => serviceType.IsInstanceOfType(this) ? this : null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private AgentTurn Turn(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var sent = messages.ToList();
        var instructions = sent.Where(message => message.Role == ChatRole.System).Select(message => message.Text).Prepend(app.Definition.Instructions);
        var settings = app.Definition.Settings;
        return new()
        {
            Workspace = app.Workspace,
            Model = model,
            Instructions = string.Join("\n\n", instructions.Where(text => text.Length > 0)),
            Messages =
            [
                .. sent.Where(message => message.Role != ChatRole.System)
                    .Select(message => new TurnMessage(message.Role == ChatRole.Assistant ? MessageRole.Assistant : MessageRole.User, message.Text)),
            ],
            Knowledge = app.Definition.Knowledge,
            Heard = [.. heard],
            Depth = options?.Depth ?? 0,
            Variables = model.Kind == ModelReferenceKind.Prompt ? Merge(app.Definition.Values, options?.PromptVariables) : ReadOnlyDictionary<string, string>.Empty,
            Settings = settings with
            {
                Temperature = options?.Temperature ?? settings.Temperature,
                TopP = options?.TopP ?? settings.TopP,
                MaxOutputTokens = options?.MaxOutputTokens ?? settings.MaxOutputTokens,
                Seed = options?.Seed ?? settings.Seed,
            },
        };
    }

    // What the caller gives wins over what the author filled in.
    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string>? filled, IReadOnlyDictionary<string, string>? given) =>
        new[] { filled, given }.OfType<IReadOnlyDictionary<string, string>>().SelectMany(values => values).GroupBy(value => value.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
}
