using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Structured;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// A chat model of this machine as a client. Loads the model on first use; the wait counts as queue. What it makes of
/// <see cref="ChatOptions"/> is in <see cref="ChatRequests"/>. Of several answers each update names its <see cref="ChatUpdateKeys.Choice"/>;
/// each answer ends with an update that has a finish reason, and the last of them carries usage and timings of all.
/// </summary>
internal sealed class ChatClient(InstalledModelEntry model, ModelHost host, TimeProvider time) : IChatClient, ITokenCounter
{
    public int ContextLength => model.Info.ContextLength;

    // Four bytes a token is the usual guess; the model's own count needs its tokenizer, which a turn is about to load anyway.
    public int Count(string text) => model.Chat?.Tokenizer.Count(text) ?? (text.Length / 3) + 1;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            updates.Add(update);
        }

        // Several answers come in turns; each becomes one message.
        return updates.OrderBy(update => update.Choice).ToChatResponse();
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = time.GetTimestamp();
        host.BeginChat();
        using var chatting = new ChatEnd(host);
        using var use = await host.UseAsync(model, cancellationToken);
        var chat = use.Model;
        // Tokenising 100,000 characters takes a while; not on a circuit's thread.
        var prompt = await Task.Run(() => chat.Prompts.Encode(ChatRequests.PromptOf([.. messages], options)), cancellationToken);
        if (!prompt.IsSuccess)
        {
            throw new ModelException(prompt.Error);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.Ending);
        var request = ChatRequests.RequestOf(prompt.Value, options, chat.ContextLength);
        var grammar = request.Grammar is { } asks ? await Task.Run(() => asks.Start(chat.Grammars), cancellationToken) : (Result<GrammarState>?)null;
        if (grammar is { IsSuccess: false, Error: var unwritable })
        {
            throw new ModelException(unwritable);
        }

        var generation = new Generation(request, chat.Tokenizer.Vocabulary, time, asked, stop.Token, grammar?.Value);
        chat.Engine.Submit(generation);

        var responseId = Guid.NewGuid().ToString("N");
        while (await IsThereMoreAsync(generation, cancellationToken))
        {
            generation.Events.TryRead(out var happened);
            switch (happened)
            {
                case GenerationEvent.Text text:
                    yield return Update(responseId, text.Choice, text.Piece, text.Logprobs);
                    break;
                case GenerationEvent.ChoiceFinished ended:
                    yield return Ended(Update(responseId, ended.Choice, "", null), ended.Reason);
                    break;
                case GenerationEvent.Finished finished:
                    model.NoteSpeed(finished);
                    yield return Last(Ended(Update(responseId, finished.Choice, "", null), finished.Reason), finished);
                    break;
                case GenerationEvent.Failed failed:
                    throw new ModelException(failed.Error);
            }
        }
    }

    private async ValueTask<bool> IsThereMoreAsync(Generation generation, CancellationToken cancellationToken)
    {
        try
        {
            return await generation.Events.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (host.Ending.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(HostErrors.Stopping());
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The model belongs to its host.
    }

    private sealed class ChatEnd(ModelHost host) : IDisposable
    {
        public void Dispose() => host.EndChat();
    }

    // Each answer is a message of its own.
    private ChatResponseUpdate Update(string responseId, int choice, string text, IReadOnlyList<TokenLogprob>? logprobs) => new()
    {
        Role = ChatRole.Assistant,
        ResponseId = responseId,
        MessageId = $"{responseId}-{choice}",
        ModelId = model.Info.Id,
        Contents = text.Length > 0 ? [new TextContent(text)] : [],
        Choice = choice,
        Logprobs = logprobs,
    };

    private static ChatResponseUpdate Ended(ChatResponseUpdate update, string reason)
    {
        update.FinishReason = reason == "length" ? ChatFinishReason.Length : ChatFinishReason.Stop;
        return update;
    }

    private static ChatResponseUpdate Last(ChatResponseUpdate update, GenerationEvent.Finished finished)
    {
        update.Contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = finished.InputTokens,
            OutputTokenCount = finished.OutputTokens,
            TotalTokenCount = finished.InputTokens + finished.OutputTokens,
            CachedInputTokenCount = finished.Timings.CachedTokens,
        }));
        update.Timings = finished.Timings;
        return update;
    }
}
