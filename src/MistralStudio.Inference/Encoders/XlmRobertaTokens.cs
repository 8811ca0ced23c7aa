using Microsoft.ML.Tokenizers;

namespace MistralStudio.Inference.Encoders;

/// <summary>XLM-R's rows: <c>&lt;s&gt; text &lt;/s&gt;</c> and <c>&lt;s&gt; first &lt;/s&gt;&lt;/s&gt; second &lt;/s&gt;</c>, of SentencePiece's unigram pieces.</summary>
internal sealed class XlmRobertaTokens(SentencePieceTokenizer pieces, int begin, int end) : IEncoderTokens
{
    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<char> text, int limit)
    {
        var tokens = Pieces(text, limit);
        return [begin, .. tokens.Take(limit - 2), end];
    }

    /// <inheritdoc/>
    public EncoderRow EncodePair(ReadOnlySpan<char> first, ReadOnlySpan<char> second, int limit)
    {
        IReadOnlyList<int> question = Pieces(first, limit), document = Pieces(second, limit);
        var (firstLength, secondLength) = PairLengths.Fit(question.Count, document.Count, limit - 4);
        return new EncoderRow([begin, .. question.Take(firstLength), end, end, .. document.Take(secondLength), end], firstLength + 3);
    }

    private IReadOnlyList<int> Pieces(ReadOnlySpan<char> text, int limit) =>
        pieces.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false, maxTokenCount: limit, out _, out _);
}
