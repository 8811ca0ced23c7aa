namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// GPT-2's pattern: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal sealed class Gpt2PreTokenizer : PreTokenizer
{
    /// <summary>True where every character of category N is cut off alone before the pattern looks (SmolLM), so that it never sees past one.</summary>
    public bool DigitsAlone { get; init; }

    /// <inheritdoc/>
    public override int NextPiece(ReadOnlySpan<char> text)
    {
        var first = TextKinds.At(text, 0, out var length);
        if (!TextKinds.IsSpace(first))
        {
            return Contraction(text, ignoreCase: false) is > 0 and var contraction ? contraction
                : first == TextKind.Number && DigitsAlone ? length
                : Run(text, 0);
        }

        var (end, _, last) = SpaceRun(text);
        var next = TextKinds.At(text, end, out _);
        return next == TextKind.End || (next == TextKind.Number && DigitsAlone) ? end
            : last > 0 ? last
            : text[0] == ' ' ? Run(text, 1)
            : end;
    }

    private static int Run(ReadOnlySpan<char> text, int start) => TextKinds.At(text, start, out _) switch
    {
        TextKind.Number => Numbers(text, start, int.MaxValue),
        TextKind.Upper or TextKind.Lower or TextKind.Letter => Letters(text, start),
        _ => Symbols(text, start),
    };
}
