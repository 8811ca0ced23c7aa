using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>A model that says what a test wrote, one word a token, and remembers what it was asked.</summary>
public sealed class ScriptedChatClient(Func<IReadOnlyList<ChatMessage>, string> answer) : IChatClient, ITokenCounter
{
    private readonly List<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> _requests = [];

    /// <summary>Every request so far.</summary>
    public IReadOnlyList<(IReadOnlyList<ChatMessage> Messages, ChatOptions? Options)> Requests => _requests;

    /// <summary>Thrown after this many words; null never.</summary>
    public (int Words, Error Error)? Failure { get; init; }

    /// <summary>When a failure says that it is worth trying again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How many requests, from the first on, <see cref="Failure"/> is for.</summary>
    public int FailingRequests { get; init; } = int.MaxValue;

    /// <summary>Contents and all else of an answer, where words are not enough; they come instead of <c>answer</c>'s.</summary>
    public IReadOnlyList<ChatResponseUpdate>? Updates { get; init; }

    /// <summary>What the model says that it can.</summary>
    public ChatAbilities Abilities { get; init; } = ChatAbilities.Usual;

    /// <summary>Awaited before each word, so that a test decides when it comes.</summary>
    public Func<CancellationToken, Task> BeforeWord { get; init; } = _ => Task.CompletedTask;

    /// <summary>Whether each word says how many there were, as models on this machine do.</summary>
    public bool TellsProgress { get; init; }

    /// <summary>Words handed out.</summary>
    public int WordsWritten { get; private set; }

    /// <inheritdoc/>
    public int ContextLength { get; init; } = 2048;

    /// <inheritdoc/>
    public int Count(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = messages.ToList();
        _requests.Add((asked, options));
        foreach (var update in Updates ?? [])
        {
            yield return update;
        }

        if (Updates is not null)
        {
            yield break;
        }

        var words = answer(asked).Split(' ');
        for (var i = 0; i < words.Length; i++)
        {
            if (Failure is { } failure && failure.Words == i && _requests.Count <= FailingRequests)
            {
                throw new ModelException(failure.Error, RetryAfter);
            }

            await BeforeWord(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            WordsWritten++;
            var update = new ChatResponseUpdate(ChatRole.Assistant, i == 0 ? words[i] : $" {words[i]}");
            if (TellsProgress)
            {
                update.Progress = new(asked.Sum(message => Count(message.Text)), WordsWritten, new GenerationTimings(1, 2, i * 3, 0));
            }

            yield return update;
        }

        var input = asked.Sum(message => Count(message.Text));
        yield return new ChatResponseUpdate
        {
            FinishReason = ChatFinishReason.Stop,
            Contents = [new UsageContent(new UsageDetails { InputTokenCount = input, OutputTokenCount = words.Length, TotalTokenCount = input + words.Length })],
            AdditionalProperties = new() { [GenerationTimings.Key] = new GenerationTimings(1, 2, 4, 0) },
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatAbilities) ? Abilities : serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
