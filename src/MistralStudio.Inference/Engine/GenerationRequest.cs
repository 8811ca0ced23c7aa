using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Engine;

/// <summary>What is asked of the engine.</summary>
/// <param name="Prompt">Tokens, at least one.</param>
/// <param name="MaxTokens">Most tokens of an answer.</param>
/// <param name="Sampling">How tokens are drawn; answer i of several draws with seed + i.</param>
/// <param name="Stops">Texts at which an answer ends, without them.</param>
/// <param name="IgnoreEndOfTurn">True to go on to the longest length.</param>
internal sealed record GenerationRequest(int[] Prompt, int MaxTokens, SamplingOptions Sampling, IReadOnlyList<string> Stops, bool IgnoreEndOfTurn = false)
{
    /// <summary>What the answers are held to; null lets them be anything.</summary>
    public AnswerGrammar? Grammar { get; init; }

    /// <summary>Number of answers, from one reading of the prompt.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>How many of the likeliest tokens are told with each token's log-probability; null tells none, 0 the chosen one's alone.</summary>
    public int? TopLogprobs { get; init; }

    /// <summary>Control tokens whose names are written into the text: the marks of calls, which their reader has to see.</summary>
    public IReadOnlySet<int> ShownControls { get; init; } = new HashSet<int>();

    /// <summary>False where the answer goes on in the middle of a text.</summary>
    public bool StartsText { get; init; } = true;

    /// <summary>Who asks: those who wait take turns by it.</summary>
    public string Client { get; init; } = "";

    /// <summary>Makes the text of one answer.</summary>
    public TokenDecoder NewDecoder(Vocabulary vocabulary) => new(vocabulary, StartsText, ShownControls);

    /// <summary>What writing the prompt with the template took, ms; told with the timings.</summary>
    public double TemplateMs { get; init; }

    /// <summary>What splitting it into tokens took, ms; told with the timings.</summary>
    public double TokenizeMs { get; init; }
}
