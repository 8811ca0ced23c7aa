using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Hosting;

/// <summary>A text to continue, as a request: without a template.</summary>
internal static class CompletionRequests
{
    // Prefix, suffix, middle as the families name them: Qwen2.5-Coder and StarCoder 2, CodeGemma, DeepSeek Coder, Code Llama.
    private static readonly (string Prefix, string Suffix, string Middle)[] s_infill =
    [
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
        ("▁<PRE>", "▁<SUF>", "▁<MID>"),
    ];

    /// <summary>The request; <see cref="ModelErrors.NoInfill"/> for a suffix where the vocabulary has no tokens for it.</summary>
    public static Result<AnswerRequest> Read(string id, ChatModel model, TextPrompt prompt, ChatOptions options)
    {
        var tokens = prompt.Suffix is { } suffix ? Infill(model.Tokenizer, prompt.Text, suffix) : model.Tokenizer.EncodePrompt(prompt.Text, prompt.ParsesControl);
        if (tokens is null)
        {
            return ModelErrors.NoInfill(id);
        }

        if (tokens.Length == 0)
        {
            return ModelErrors.EmptyPrompt();
        }

        var grammar = model.AnswerGrammars.Of(options, []);
        if (!grammar.IsSuccess)
        {
            return grammar.Error;
        }

        return ChatRequests.FindFault(options, model.Tokenizer.Vocabulary.Count) is { } fault
            ? fault
            : new AnswerRequest(ChatRequests.RequestOf(tokens, options, model.ContextLength) with { Grammar = grammar.Value, StartsText = false });
    }

    /// <summary>The tokens of a hole between two texts, for a model that learnt to fill one; null where its vocabulary has none for it.</summary>
    public static int[]? Infill(Tokenizer tokenizer, string prefix, string suffix)
    {
        var special = tokenizer.Vocabulary.Special;
        var tokens = new List<int>();

        // Codestral: the suffix first, the middle follows the prefix.
        if (special["[SUFFIX]"] is { } mistralSuffix && special["[PREFIX]"] is { } mistralPrefix)
        {
            tokens.Add(mistralSuffix);
            tokenizer.EncodeOrdinary(suffix, afterSpecial: true, tokens);
            tokens.Add(mistralPrefix);
            tokenizer.EncodeOrdinary(prefix, afterSpecial: true, tokens);
            tokenizer.AddBegin(tokens);
            return [.. tokens];
        }

        foreach (var (before, behind, middle) in s_infill)
        {
            if (special[before] is { } first && special[behind] is { } second && special[middle] is { } third)
            {
                tokens.Add(first);
                tokenizer.EncodeOrdinary(prefix, afterSpecial: true, tokens);
                tokens.Add(second);
                tokenizer.EncodeOrdinary(suffix, afterSpecial: true, tokens);
                tokens.Add(third);
                tokenizer.AddBegin(tokens);
                return [.. tokens];
            }
        }

        return null;
    }
}
