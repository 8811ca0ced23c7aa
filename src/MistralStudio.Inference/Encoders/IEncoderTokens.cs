namespace MistralStudio.Inference.Encoders;

/// <summary>Texts as an encoder reads them.</summary>
internal interface IEncoderTokens
{
    /// <summary>A text with the tokens around it; what goes beyond <paramref name="limit"/> tokens is cut off its end.</summary>
    int[] Encode(ReadOnlySpan<char> text, int limit);

    /// <summary>Two texts with the tokens around and between them; what goes beyond <paramref name="limit"/> is cut off the end of the longer one.</summary>
    EncoderRow EncodePair(ReadOnlySpan<char> first, ReadOnlySpan<char> second, int limit);
}

/// <summary>How a pair of texts is cut to fit.</summary>
internal static class PairLengths
{
    /// <summary>Takes token by token from the longer one, from the second of two that are equally long (transformers' <c>longest_first</c>).</summary>
    /// <param name="room">Tokens for both together.</param>
    public static (int First, int Second) Fit(int first, int second, int room)
    {
        var over = Math.Max(0, first + second - room);
        var fromLonger = Math.Min(over, Math.Abs(first - second));
        (first, second) = first > second ? (first - fromLonger, second) : (first, second - fromLonger);
        over -= fromLonger;
        return (first - (over / 2), second - (over - (over / 2)));
    }
}
