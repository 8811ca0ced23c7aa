using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Connections;

/// <summary>
/// Asks the next model where the one before failed and had not said a word yet: nobody reads the beginning of one answer and the end of another.
/// Each update of a stand-in names it. Where all fail, the failure of the first is told, since that is the one that was asked for.
/// </summary>
internal sealed class FallbackChatClient(IChatClient first, IReadOnlyList<StandIn> next) : IChatClient
{
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var shows = sent.Any(message => message.Contents.Any(content => content is DataContent));
        ModelException? failure = null;
        for (var turn = 0; turn <= next.Count; turn++)
        {
            var client = turn == 0 ? first : await next[turn - 1].FindAsync(cancellationToken);
            // A stand-in that reads no images would answer to half of the message.
            if (client is null || (turn > 0 && shows && !ChatAbilities.Of(client).Images))
            {
                continue;
            }

            // A model's own name for itself is not for the next one.
            await using var updates = client.GetStreamingResponseAsync(sent, options?.Clone(), cancellationToken).GetAsyncEnumerator(cancellationToken);
            List<ChatResponseUpdate>? held = [];
            var failed = false;
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (ModelException exception) when (held is not null && IsAnothersChance(exception))
                {
                    failure ??= exception;
                    failed = true;
                    break;
                }

                updates.Current.StandIn = turn == 0 ? null : next[turn - 1].Reference;
                if (held is null)
                {
                    yield return updates.Current;
                    continue;
                }

                held.Add(updates.Current);
                if (SaysSomething(updates.Current))
                {
                    foreach (var update in held)
                    {
                        yield return update;
                    }

                    held = null;
                }
            }

            if (!failed)
            {
                foreach (var update in held ?? [])
                {
                    yield return update;
                }

                yield break;
            }
        }

        throw failure!;
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : first.GetService(serviceType, serviceKey);

    public void Dispose() => first.Dispose();

    private static bool SaysSomething(ChatResponseUpdate update) =>
        update.Contents.Any(content => content is not UsageContent && content is not TextContent { Text.Length: 0 });

    // A request that is wrong is wrong everywhere.
    private static bool IsAnothersChance(ModelException exception) => exception.Error.Code != "connection.rejected";
}
