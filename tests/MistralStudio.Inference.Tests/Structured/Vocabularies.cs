using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tests.Tokenization;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Structured;

/// <summary>Vocabularies to hold grammars over.</summary>
internal static class Vocabularies
{
    /// <summary>Every byte is a token, its number is the byte; token 256 ends a turn.</summary>
    public static VocabularyTrie Bytes { get; } = VocabularyTrie.Of(Of([.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })]));

    /// <summary>The starter model's.</summary>
    public static VocabularyTrie Starter { get; } = VocabularyTrie.Of(StarterTokenizer.Tokenizer.Vocabulary);

    /// <summary>Text tokens, then one that ends a turn.</summary>
    public static Vocabulary Of(IReadOnlyList<byte[]> texts) => new(
        [.. texts, "</s>"u8.ToArray()], [.. texts.Select(_ => TokenKind.Normal), TokenKind.Control], [new("</s>", texts.Count)], [texts.Count]);

    /// <summary>True where a grammar takes a text as a whole, byte by byte.</summary>
    public static bool Accepts(this OutputGrammar grammar, ReadOnlySpan<byte> text)
    {
        var state = grammar.Start(Bytes).Value;
        foreach (var value in text)
        {
            if (!state.Accept(value))
            {
                return false;
            }
        }

        return state.IsComplete;
    }

    /// <summary>The tokens that a state's mask leaves.</summary>
    public static List<int> Allowed(this GrammarState state, VocabularyTrie vocabulary, int remaining = int.MaxValue)
    {
        var logits = new float[vocabulary.Vocabulary.Count];
        state.Mask(logits, remaining);
        return [.. Enumerable.Range(0, logits.Length).Where(token => !float.IsNegativeInfinity(logits[token]))];
    }
}
