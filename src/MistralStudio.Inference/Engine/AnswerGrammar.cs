using MistralStudio.Core;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;

namespace MistralStudio.Inference.Engine;

/// <summary>What an answer is held to.</summary>
/// <param name="Grammar">What it may be; the same instance for the same question, since masks are kept with it.</param>
/// <param name="After">
/// Null: the whole answer. Otherwise it is free until it contains this text (or the control token of that name) and follows the grammar from
/// there: a model that may call a tool, but need not.
/// </param>
internal sealed record AnswerGrammar(OutputGrammar Grammar, string? After = null)
{
    /// <summary>True where <see cref="After"/> counts at the beginning of the answer alone.</summary>
    public bool OnlyAtStart { get; init; }

    /// <summary>The state of an answer that has not begun, or why the vocabulary cannot write one.</summary>
    public Result<GrammarState> Start(VocabularyTrie vocabulary) => After is null ? Grammar.Start(vocabulary) : Grammar.StartAfter(vocabulary, After, OnlyAtStart);
}
