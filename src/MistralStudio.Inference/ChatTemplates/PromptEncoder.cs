using System.Diagnostics;
using MistralStudio.Core;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// A conversation to the tokens of a prompt. Control tokens come from the template alone: whatever a message, a tool or a result holds is text
/// and opens no turn.
/// </summary>
internal sealed class PromptEncoder(Tokenizer tokenizer, ChatTemplate template)
{
    /// <summary>True where the model's template has a place for tools.</summary>
    public bool KnowsTools => template.KnowsTools;

    /// <summary>The prompt as text.</summary>
    public Result<string> Render(ChatPrompt prompt)
    {
        var rendered = template.Render(prompt);
        return rendered.IsSuccess ? rendered.Value.Value : rendered.Error;
    }

    /// <summary>The prompt as tokens.</summary>
    public Result<int[]> Encode(ChatPrompt prompt)
    {
        var encoded = EncodeTimed(prompt);
        return encoded.IsSuccess ? encoded.Value.Tokens : encoded.Error;
    }

    /// <summary>The prompt as tokens, and what making it took.</summary>
    public Result<EncodedPrompt> EncodeTimed(ChatPrompt prompt)
    {
        var began = Stopwatch.GetTimestamp();
        var rendered = template.Render(prompt);
        if (!rendered.IsSuccess)
        {
            return rendered.Error;
        }

        var written = Stopwatch.GetTimestamp();
        var tokens = Encode(rendered.Value);
        return new EncodedPrompt(tokens, Stopwatch.GetElapsedTime(began, written).TotalMilliseconds, Stopwatch.GetElapsedTime(written).TotalMilliseconds);
    }

    /// <summary>Control tokens of the template and where they stand: names whose characters are all its own.</summary>
    public static List<SpecialTokenMatch> FindControls(TemplateText text, SpecialTokens special)
    {
        var found = new List<SpecialTokenMatch>();
        var start = 0;
        foreach (var range in text.ForeignRanges.ToArray().Chunk(2))
        {
            Search(start, range[0]);
            start = range[1];
        }

        Search(start, text.Length);
        return found;

        void Search(int from, int to)
        {
            while (from < to && special.Find(text.Value.AsSpan(from, to - from)) is { } match)
            {
                found.Add(match with { Start = from + match.Start });
                from += match.Start + match.Length;
            }
        }
    }

    private int[] Encode(TemplateText text)
    {
        var tokens = new List<int>(text.Length / 3 + 16);
        var start = 0;
        foreach (var control in FindControls(text, tokenizer.Vocabulary.Special))
        {
            tokenizer.EncodeOrdinary(text.Value.AsSpan(start..control.Start), start > 0, tokens);
            tokens.Add(control.Token);
            start = control.Start + control.Length;
        }

        tokenizer.EncodeOrdinary(text.Value.AsSpan(start), start > 0, tokens);
        tokenizer.AddBegin(tokens);
        return [.. tokens];
    }
}

/// <summary>A prompt and what making it took.</summary>
/// <param name="TemplateMs">Writing it with the template, ms.</param>
/// <param name="TokenizeMs">Splitting it into tokens, ms.</param>
internal readonly record struct EncodedPrompt(int[] Tokens, double TemplateMs, double TokenizeMs);
