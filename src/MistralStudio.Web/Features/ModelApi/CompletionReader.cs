using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Texts to continue, in the product's own terms.</summary>
internal sealed record TextRequest(ModelReference Model, IReadOnlyList<TextPrompt> Prompts, ChatOptions Options);

/// <summary>Checks a request for completions and translates it.</summary>
internal static class CompletionReader
{
    private const int MostPrompts = 32;
    private const int MostLogprobs = 20;
    private const int DefaultTokens = 16;

    /// <summary>Reads a request; exactly one of the two results is present.</summary>
    public static (TextRequest? Request, ApiError? Error) Read(CompletionRequest body)
    {
        if (ChatRequestReader.ReadModel(body.Model, out var model) is { } unknown)
        {
            return (null, unknown);
        }

        var options = new ChatOptions { MaxOutputTokens = body.MaxTokens ?? DefaultTokens, Regex = body.GuidedRegex, Choices = body.GuidedChoice };
        var sampling = new SamplingFields(body.Temperature, body.TopP, body.FrequencyPenalty, body.PresencePenalty, body.Seed)
        {
            TopK = body.TopK,
            MinP = body.MinP,
            TypicalP = body.TypicalP,
            RepetitionPenalty = body.RepetitionPenalty,
            IgnoreEos = body.IgnoreEos,
            Stop = body.Stop,
            N = body.N,
            LogitBias = body.LogitBias,
        };
        var wrong = SamplingFields.OutOf("max_tokens", body.MaxTokens, 1, int.MaxValue)
            ?? SamplingFields.OutOf("logprobs", body.Logprobs, 0, MostLogprobs)
            ?? sampling.WriteTo(options)
            ?? FindUnsupported(body);
        if (wrong is not null)
        {
            return (null, wrong);
        }

        options.TopLogprobs = body.Logprobs;
        var (prompts, wrongPrompt) = ReadPrompts(body);
        return prompts is null ? (null, wrongPrompt) : (new(model!, prompts, options), null);
    }

    /// <inheritdoc cref="Read(CompletionRequest)"/>
    public static (TextRequest? Request, ApiError? Error) Read(FimRequest body)
    {
        if (ChatRequestReader.ReadModel(body.Model, out var model) is { } unknown)
        {
            return (null, unknown);
        }

        if (body.Prompt is null)
        {
            return (null, ApiError.Invalid("prompt", "prompt is the text before the gap."));
        }

        var options = new ChatOptions { MaxOutputTokens = body.MaxTokens };
        var wrong = SamplingFields.OutOf("max_tokens", body.MaxTokens, 1, int.MaxValue)
            ?? (body.MinTokens is > 0 ? ApiError.Unsupported("min_tokens", "min_tokens is not supported. Leave it out.") : null)
            ?? new SamplingFields(body.Temperature, body.TopP, null, null, body.RandomSeed) { Stop = body.Stop }.WriteTo(options);
        return wrong is null ? (new(model!, [new TextPrompt(body.Prompt, body.Suffix ?? "")], options), null) : (null, wrong);
    }

    private static ApiError? FindUnsupported(CompletionRequest body)
    {
        if (body.BestOf is { } best && best != (body.N ?? 1))
        {
            return ApiError.Unsupported("best_of", "best_of is not supported: answers are not compared. Ask for several with n and choose.");
        }

        return body is { Echo: true, Logprobs: not null }
            ? ApiError.Unsupported("echo", "echo does not go with logprobs: those of the prompt are not told. Leave one of them out.")
            : null;
    }

    private static (List<TextPrompt>? Prompts, ApiError? Error) ReadPrompts(CompletionRequest body)
    {
        List<string> texts;
        switch (body.Prompt?.ValueKind)
        {
            case JsonValueKind.String:
                texts = [body.Prompt.Value.GetString()!];
                break;
            case JsonValueKind.Array when body.Prompt.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                texts = [.. body.Prompt.Value.EnumerateArray().Select(item => item.GetString()!)];
                break;
            case JsonValueKind.Array when body.Prompt.Value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.Number or JsonValueKind.Array):
                return (null, ApiError.Unsupported("prompt", "Token arrays are not supported, since token ids differ between models. Send the text itself."));
            default:
                return (null, ApiError.Invalid("prompt", "prompt is a string or an array of strings."));
        }

        return texts.Count is 0 or > MostPrompts
            ? (null, ApiError.Invalid("prompt", $"prompt has {texts.Count} texts; one request may have 1 to {MostPrompts}."))
            : ([.. texts.Select(text => new TextPrompt(text, body.Suffix) { ParsesControl = body.ParseSpecial ?? false })], null);
    }
}
