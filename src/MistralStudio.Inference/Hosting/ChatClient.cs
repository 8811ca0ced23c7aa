using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;

namespace MistralStudio.Inference.Hosting;

/// <summary>
/// A chat model of this machine as a client. Loads the model on first use; the wait counts as queue. Of <see cref="ChatOptions"/> it
/// knows temperature, top-p, top-k, length, seed, stop sequences and the penalties; <c>min_p</c>, <c>repetition_penalty</c> and
/// <c>ignore_eos</c> and <c>chat_template_kwargs</c> (a dictionary of variables for the model's template) come in <see cref="ChatOptions.AdditionalProperties"/>.
/// </summary>
internal sealed class ChatClient(InstalledModelEntry model, ModelHost host, TimeProvider time) : IChatClient, ITokenCounter
{
    private const int DefaultMaxTokens = 1024;

    public int ContextLength => model.Info.ContextLength;

    // Four bytes a token is the usual guess; the model's own count needs its tokenizer, which a turn is about to load anyway.
    public int Count(string text) => model.Chat?.Tokenizer.Count(text) ?? (text.Length / 3) + 1;

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var response = await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);
        return response;
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
        var prompt = await Task.Run(() => chat.Prompts.Encode(PromptOf([.. messages], options)), cancellationToken);
        if (!prompt.IsSuccess)
        {
            throw new ModelException(prompt.Error);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.Ending);
        var generation = new Generation(RequestOf(prompt.Value, options, chat.ContextLength), chat.Tokenizer.Vocabulary, time, asked, stop.Token);
        chat.Engine.Submit(generation);

        var responseId = Guid.NewGuid().ToString("N");
        while (await IsThereMoreAsync(generation, cancellationToken))
        {
            generation.Events.TryRead(out var happened);
            switch (happened)
            {
                case GenerationEvent.Text text:
                    yield return new ChatResponseUpdate(ChatRole.Assistant, text.Piece) { ResponseId = responseId, ModelId = model.Info.Id };
                    break;
                case GenerationEvent.Finished finished:
                    model.NoteSpeed(finished);
                    yield return LastUpdate(finished, responseId);
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

    private static ChatPrompt PromptOf(IReadOnlyList<ChatMessage> messages, ChatOptions? options) => new(messages)
    {
        Tools = options?.ToolMode is NoneChatToolMode ? [] : [.. (options?.Tools ?? []).OfType<AIFunctionDeclaration>()],
        Variables = options?.AdditionalProperties?.TryGetValue("chat_template_kwargs", out var given) == true && given is IReadOnlyDictionary<string, object?> variables
            ? variables
            : new Dictionary<string, object?>(),
    };

    private static GenerationRequest RequestOf(int[] prompt, ChatOptions? options, int context)
    {
        var defaults = new SamplingOptions();
        var sampling = new SamplingOptions
        {
            Temperature = Math.Clamp(options?.Temperature ?? defaults.Temperature, 0, 2),
            TopP = Math.Clamp(options?.TopP ?? defaults.TopP, 0.01f, 1),
            TopK = Math.Max(0, options?.TopK ?? defaults.TopK),
            MinP = Number(options, "min_p") ?? 0,
            RepetitionPenalty = Number(options, "repetition_penalty") ?? 1,
            FrequencyPenalty = options?.FrequencyPenalty ?? 0,
            PresencePenalty = options?.PresencePenalty ?? 0,
            Seed = options?.Seed,
        };
        var longest = Math.Max(1, context - prompt.Length);
        return new GenerationRequest(
            prompt,
            Math.Clamp(options?.MaxOutputTokens ?? DefaultMaxTokens, 1, longest),
            sampling,
            [.. (options?.StopSequences ?? []).Where(stop => stop.Length > 0)],
            options?.AdditionalProperties?.TryGetValue("ignore_eos", out var ignore) == true && ignore is true);
    }

    private sealed class ChatEnd(ModelHost host) : IDisposable
    {
        public void Dispose() => host.EndChat();
    }

    private static float? Number(ChatOptions? options, string name) =>
        options?.AdditionalProperties?.TryGetValue(name, out var value) == true && value is IConvertible number
            ? Convert.ToSingle(number, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private ChatResponseUpdate LastUpdate(GenerationEvent.Finished finished, string responseId) => new()
    {
        Role = ChatRole.Assistant,
        ResponseId = responseId,
        ModelId = model.Info.Id,
        FinishReason = finished.Reason == "length" ? ChatFinishReason.Length : ChatFinishReason.Stop,
        Contents =
        [
            new UsageContent(new UsageDetails
            {
                InputTokenCount = finished.InputTokens,
                OutputTokenCount = finished.OutputTokens,
                TotalTokenCount = finished.InputTokens + finished.OutputTokens,
                CachedInputTokenCount = finished.Timings.CachedTokens,
            }),
        ],
        AdditionalProperties = new() { [GenerationTimings.Key] = finished.Timings },
    };
}
