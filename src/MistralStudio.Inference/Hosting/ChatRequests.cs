using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;

namespace MistralStudio.Inference.Hosting;

/// <summary>What <see cref="ChatOptions"/> mean to a model of this machine; what they leave open is the product's default.</summary>
internal static class ChatRequests
{
    private const int DefaultMaxTokens = 1024;
    private const int MostTopLogprobs = 20;

    /// <summary>The conversation with the tools and variables that its template may show.</summary>
    public static ChatPrompt PromptOf(IReadOnlyList<ChatMessage> messages, ChatOptions? options) => new(messages)
    {
        Tools = options?.ToolMode is NoneChatToolMode ? [] : [.. (options?.Tools ?? []).OfType<AIFunctionDeclaration>()],
        Variables = options?.ChatTemplateKwargs ?? new Dictionary<string, object?>(),
    };

    /// <param name="prompt">Tokens.</param>
    /// <param name="options">What was asked; numbers beyond their range are taken as the nearest that is in it.</param>
    /// <param name="context">Tokens that prompt and answer may have together.</param>
    public static GenerationRequest RequestOf(int[] prompt, ChatOptions? options, int context)
    {
        options ??= new ChatOptions();
        var longest = Math.Max(1, context - prompt.Length);
        return new GenerationRequest(
            prompt,
            Math.Clamp(options.MaxOutputTokens ?? DefaultMaxTokens, 1, longest),
            SamplingOf(options),
            [.. (options.StopSequences ?? []).Where(stop => stop.Length > 0)],
            options.IgnoreEos ?? false)
        {
            Choices = Math.Max(1, options.N ?? 1),
            TopLogprobs = options.TopLogprobs is { } top ? Math.Clamp(top, 0, MostTopLogprobs) : null,
            Client = options.Client ?? "",
        };
    }

    private static SamplingOptions SamplingOf(ChatOptions options)
    {
        var defaults = new SamplingOptions();
        return new SamplingOptions
        {
            Temperature = Math.Clamp(options.Temperature ?? defaults.Temperature, 0, 2),
            TopP = Math.Clamp(options.TopP ?? defaults.TopP, 0.01f, 1),
            TopK = Math.Max(0, options.TopK ?? defaults.TopK),
            MinP = options.MinP ?? defaults.MinP,
            TypicalP = Math.Clamp(options.TypicalP ?? defaults.TypicalP, 0.01f, 1),
            LogitBias = options.LogitBias ?? defaults.LogitBias,
            RepetitionPenalty = options.RepetitionPenalty ?? defaults.RepetitionPenalty,
            FrequencyPenalty = options.FrequencyPenalty ?? 0,
            PresencePenalty = options.PresencePenalty ?? 0,
            Seed = options.Seed,
        };
    }
}
