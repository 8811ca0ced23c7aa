namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// The pattern of Llama 3 (numbers by three) and Qwen 2 (numbers alone):
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class LlamaPreTokenizer(int mostDigits) : PreTokenizer
{
    /// <inheritdoc/>
    public override int NextPiece(ReadOnlySpan<char> text)
    {
        if (Contraction(text, ignoreCase: true) is > 0 and var contraction)
        {
            return contraction;
        }

        var first = TextKinds.At(text, 0, out var length);
        if (first == TextKind.Number)
        {
            return Numbers(text, 0, mostDigits);
        }

        if (TextKinds.IsLetter(first))
        {
            return Letters(text, length);
        }

        var second = TextKinds.At(text, length, out _);
        if (first != TextKind.Break && TextKinds.IsLetter(second))
        {
            return Letters(text, length);
        }

        if (TextKinds.IsSymbol(first) || (text[0] == ' ' && TextKinds.IsSymbol(second)))
        {
            var end = Symbols(text, length);
            return end + Breaks(text[end..]);
        }

        var (space, afterBreak, last) = SpaceRun(text);
        return afterBreak > 0 ? afterBreak : space == text.Length || last == 0 ? space : last;
    }

    private static int Breaks(ReadOnlySpan<char> text) => text.IndexOfAnyExcept('\r', '\n') is >= 0 and var end ? end : text.Length;
}
