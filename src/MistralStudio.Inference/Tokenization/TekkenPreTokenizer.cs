namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Mistral's Tekken, which cuts words where their case changes. Two alternatives for words, with U = <c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c>
/// and L = <c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>: <c>[^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*</c>; then
/// <c>\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class TekkenPreTokenizer : PreTokenizer
{
    /// <inheritdoc/>
    public override int NextPiece(ReadOnlySpan<char> text)
    {
        var first = TextKinds.At(text, 0, out var length);
        if (first == TextKind.Number)
        {
            return length;
        }

        // Every alternative is tried with the character before the word, then without; a mark can be either.
        var canPrecede = first != TextKind.Break && !TextKinds.IsLetter(first);
        var word = canPrecede && EndsLow(text, length) is var after and > 0 ? after
            : EndsLow(text, 0) is var own and > 0 ? own
            : canPrecede && EndsHigh(text, length) is var afterHigh and > 0 ? afterHigh
            : EndsHigh(text, 0);
        if (word > 0)
        {
            return word;
        }

        if (TextKinds.IsSymbol(first) || (text[0] == ' ' && TextKinds.IsSymbol(TextKinds.At(text, length, out _))))
        {
            var end = Symbols(text, length);
            var rest = text[end..].IndexOfAnyExcept('\r', '\n', '/');
            return rest >= 0 ? end + rest : text.Length;
        }

        var (space, afterBreak, last) = SpaceRun(text);
        return afterBreak > 0 ? afterBreak : space == text.Length || last == 0 ? space : last;
    }

    /// <summary>The end of <c>U*L+</c> from an index, or 0 where it does not match.</summary>
    private static int EndsLow(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        var afterBoth = 0;
        TextKind kind;
        while ((kind = TextKinds.At(text, end, out var length)) is TextKind.Upper or TextKind.Letter or TextKind.Mark)
        {
            end += length;
            afterBoth = kind == TextKind.Upper ? afterBoth : end;
        }

        // Without a lower-case letter next, U* gives back as far as its last character that L has too.
        return kind == TextKind.Lower ? Low(text, end) : afterBoth;
    }

    /// <summary>The end of <c>U+L*</c> from an index, or 0 where it does not match.</summary>
    private static int EndsHigh(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        while (TextKinds.At(text, end, out var length) is TextKind.Upper or TextKind.Letter or TextKind.Mark)
        {
            end += length;
        }

        return end == start ? 0 : Low(text, end);
    }

    private static int Low(ReadOnlySpan<char> text, int end)
    {
        while (TextKinds.At(text, end, out var length) is TextKind.Lower or TextKind.Letter or TextKind.Mark)
        {
            end += length;
        }

        return end;
    }
}
