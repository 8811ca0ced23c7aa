using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Connections;

/// <summary>One model behind a connection: failures in the product's words, and what an answer cost on its last update.</summary>
internal sealed class RemoteChatClient(IChatClient inner, OpenedConnection connection, ConnectionModel model, TimeProvider time) : IChatClient
{
    private ChatAbilities Abilities { get; } = ChatAbilities.Usual with
    {
        // A model that does not tell them says so itself.
        Logprobs = connection.Connection.Settings.Kind.TellsLogprobs(),
        Images = model.IsShownImages,
    };

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var updates = inner.GetStreamingResponseAsync(messages, RemoteLogprobs.Ask(options, Abilities), cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception exception) when (RemoteFailures.Of(exception, connection, model.Name, time) is { } failure)
            {
                throw failure;
            }

            var update = updates.Current;
            if (model.Price is { } price && update.Contents.OfType<UsageContent>().LastOrDefault() is { Details: var usage })
            {
                (update.AdditionalProperties ??= [])[ModelPrice.CostKey] = price.Of(usage.InputTokenCount ?? 0, usage.OutputTokenCount ?? 0);
            }

            update.Logprobs ??= RemoteLogprobs.Of(update);
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey switch
    {
        not null => null,
        _ when serviceType == typeof(ChatAbilities) => Abilities,
        _ => serviceType.IsInstanceOfType(this) ? this : null,
    };

    public void Dispose()
    {
        // The connection's HTTP client outlives its models' clients.
    }
}
