using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Telemetry;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// A chat model of this machine as a client. Loads the model on first use; the wait counts as queue. What it makes of
/// <see cref="ChatOptions"/> is in <see cref="ChatRequests"/>; calls of tools come as <see cref="FunctionCallContent"/>. Of several answers each update names its <see cref="ChatUpdateKeys.Choice"/>;
/// each answer ends with an update that has a finish reason, and the last of them carries usage and timings of all.
/// </summary>
internal sealed class ChatClient(InstalledModelEntry model, ModelHost host, TimeProvider time) : IChatClient, ITextCompletion, ITokenCounter
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

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(chat => ChatRequests.Read(chat, [.. messages], options ?? new ChatOptions()), cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> CompleteAsync(TextPrompt prompt, ChatOptions options, CancellationToken cancellationToken) =>
        RunAsync(chat => CompletionRequests.Read(model.Info.Id, chat, prompt, options), cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> RunAsync(
        Func<ChatModel, Result<AnswerRequest>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var span = new ChatSpan(model.Info.Id, time);
        host.BeginChat();
        using var chatting = new ChatEnd(host);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.Ending);
        var responseId = Guid.NewGuid().ToString("N");
        var (use, request, generation) = await SubmitAsync(read, span, responseId, stop.Token, cancellationToken);
        using var used = use;
        // Who stops reading wants no more of it, whether a token says so or not.
        using var abandoned = new CancelAtEnd(stop);

        var calls = request.Calls;
        while (await IsThereMoreAsync(generation, cancellationToken))
        {
            generation.Events.TryRead(out var happened);
            switch (happened)
            {
                case GenerationEvent.Text text:
                    var contents = calls is null ? [new TextContent(text.Piece)] : calls.Push(text.Choice, text.Piece);
                    if (contents.Count > 0 || text.Logprobs is not null)
                    {
                        var update = Update(responseId, text.Choice, contents, text.Logprobs);
                        update.Progress = generation.SoFar();
                        yield return update;
                    }

                    generation.FirstRead!.TrySetResult();
                    break;
                case GenerationEvent.ChoiceFinished ended:
                    span.NoteReason(ended.Reason);
                    yield return Ended(Update(responseId, ended.Choice, calls?.End(ended.Choice) ?? [], null), ended.Reason, calls);
                    break;
                case GenerationEvent.Finished finished:
                    model.NoteSpeed(finished);
                    span.NoteFinished(finished);
                    yield return Last(Ended(Update(responseId, finished.Choice, calls?.End(finished.Choice) ?? [], null), finished.Reason, calls), finished);
                    break;
                case GenerationEvent.Failed failed:
                    span.NoteFailed(failed.Error);
                    throw new ModelException(failed.Error);
            }
        }
    }

    private sealed class CancelAtEnd(CancellationTokenSource source) : IDisposable
    {
        public void Dispose() => source.Cancel();
    }

    private async Task<(ModelUse Use, AnswerRequest Request, Generation Generation)> SubmitAsync(
        Func<ChatModel, Result<AnswerRequest>> read, ChatSpan span, string responseId, CancellationToken stop, CancellationToken cancellationToken)
    {
        ModelUse? use = null;
        try
        {
            use = await host.UseAsync(model, cancellationToken);
            var chat = use.Model;
            // Tokenising 100,000 characters or compiling a schema takes a while; not on a circuit's thread.
            var (request, grammar) = await Task.Run(() => Begin(chat, read), cancellationToken);
            span.NoteRequest(request.Generation, responseId);
            var generation = new Generation(request.Generation, chat.Tokenizer.Vocabulary, time, span.Asked, stop, grammar)
            {
                FirstRead = new(TaskCreationOptions.RunContinuationsAsynchronously),
            };
            chat.Engine.Submit(generation);
            return (use, request, generation);
        }
        catch (ModelException refused) when (span.NoteFailed(refused.Error))
        {
            throw;
        }
        catch
        {
            use?.Dispose();
            throw;
        }
    }

    private static (AnswerRequest Request, GrammarState? Grammar) Begin(ChatModel chat, Func<ChatModel, Result<AnswerRequest>> read)
    {
        var request = read(chat);
        if (!request.IsSuccess)
        {
            throw new ModelException(request.Error);
        }

        if (request.Value.Generation.Grammar is not { } asks)
        {
            return (request.Value, null);
        }

        var grammar = asks.Start(chat.Grammars);
        return grammar.IsSuccess ? (request.Value, grammar.Value) : throw new ModelException(grammar.Error);
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

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey switch
    {
        not null => null,
        _ when serviceType == typeof(ChatAbilities) => ChatAbilities.All,
        _ => serviceType.IsInstanceOfType(this) ? this : null,
    };

    public void Dispose()
    {
        // The model belongs to its host.
    }

    private sealed class ChatEnd(ModelHost host) : IDisposable
    {
        public void Dispose() => host.EndChat();
    }

    // Each answer is a message of its own.
    private ChatResponseUpdate Update(string responseId, int choice, IList<AIContent> contents, IReadOnlyList<TokenLogprob>? logprobs) => new()
    {
        Role = ChatRole.Assistant,
        ResponseId = responseId,
        MessageId = $"{responseId}-{choice}",
        ModelId = model.Info.Id,
        Contents = contents,
        Choice = choice,
        Logprobs = logprobs,
    };

    private static ChatResponseUpdate Ended(ChatResponseUpdate update, string reason, ToolAnswers? calls)
    {
        update.FinishReason = reason == "length" ? ChatFinishReason.Length
            : calls?.HasCalls(update.Choice) == true ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
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
