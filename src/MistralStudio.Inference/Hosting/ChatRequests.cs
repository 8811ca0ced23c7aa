using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Hosting;

/// <summary>A request to the engine, and the reader of the answers' calls where there are tools.</summary>
internal sealed record AnswerRequest(GenerationRequest Generation, ToolAnswers? Calls = null);

/// <summary>What <see cref="ChatOptions"/> mean to a model of this machine; what they leave open is the product's default.</summary>
internal static class ChatRequests
{
    private const int DefaultMaxTokens = 1024;
    private const int MostTopLogprobs = 20;

    /// <summary>A conversation for a model: its prompt in the model's own words, what the answer is held to, and the reader of its calls.</summary>
    public static Result<AnswerRequest> Read(ChatModel model, IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        AIFunctionDeclaration[] tools = options.ToolMode is NoneChatToolMode ? [] : [.. (options.Tools ?? []).OfType<AIFunctionDeclaration>()];
        var prompt = model.Prompts.EncodeTimed(ToolHistory.Write(
            new ChatPrompt(messages) { Tools = tools, Variables = options.ChatTemplateKwargs ?? new Dictionary<string, object?>() }, model.Tools));
        if (!prompt.IsSuccess)
        {
            return prompt.Error;
        }

        var grammar = model.AnswerGrammars.Of(options, tools);
        if (!grammar.IsSuccess)
        {
            return grammar.Error;
        }

        if (FindFault(options, model.Tokenizer.Vocabulary.Count) is { } fault)
        {
            return fault;
        }

        var names = tools.Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        return new AnswerRequest(
            RequestOf(prompt.Value.Tokens, options, model.ContextLength) with
            {
                TemplateMs = prompt.Value.TemplateMs,
                TokenizeMs = prompt.Value.TokenizeMs,
                Grammar = grammar.Value,
                ShownControls = tools.Length > 0 ? model.ToolMarks : new HashSet<int>(),
            },
            tools.Length > 0 ? new ToolAnswers(model.Tools, names, options.StreamsCalls ?? false) : null);
    }

    /// <summary>Why options cannot be taken, whatever the prompt; null where they can.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="count">Tokens of the vocabulary.</param>
    public static Error? FindFault(ChatOptions options, int count) => options.N is > ChatAbilities.MostChoices and var asked
        ? ModelErrors.TooManyAnswers(asked, ChatAbilities.MostChoices)
        : options.LogitBias?.Keys.Where(token => token < 0 || token >= count).Select(token => ModelErrors.UnknownToken(token, count)).FirstOrDefault();

    /// <param name="prompt">Tokens.</param>
    /// <param name="options">What was asked; numbers beyond their range are taken as the nearest that is in it.</param>
    /// <param name="context">Tokens that prompt and answer may have together.</param>
    public static GenerationRequest RequestOf(int[] prompt, ChatOptions options, int context)
    {
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
