namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// What llama.cpp does where a file says "default" or nothing: four patterns, each cutting what the one before left:
/// <c>[\p{P}\$\+&lt;=>\^~\|]+</c>, then GPT-2's without its last alternative, then <c>\p{N}+</c>, then <c>[0-9][0-9][0-9]</c>.
/// https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp
/// </summary>
internal sealed class DefaultPreTokenizer : PreTokenizer
{
    private enum Kind
    {
        End,
        Space,
        Letter,
        Number,
        Punctuation,
        Other,
    }

    /// <inheritdoc/>
    public override int NextPiece(ReadOnlySpan<char> text)
    {
        var first = At(text, 0, out _);
        if (first == Kind.Number)
        {
            return NumberPiece(text);
        }

        if (first != Kind.Space)
        {
            return Run(text, first, 0);
        }

        var (end, _, last) = SpaceRun(text);
        var next = At(text, end, out _);
        return next is Kind.End or Kind.Punctuation ? end
            : last > 0 ? last
            : text[0] == ' ' && next != Kind.Number ? Run(text, next, 1)
            : end;
    }

    /// <summary>Three ASCII digits, or what stands before the first three of a run of numbers.</summary>
    private static int NumberPiece(ReadOnlySpan<char> text)
    {
        var digits = 0;
        var end = 0;
        while (At(text, end, out var length) == Kind.Number)
        {
            end += length;
            digits = char.IsAsciiDigit(text[end - 1]) ? digits + 1 : 0;
            if (digits == 3)
            {
                return end == 3 ? 3 : end - 3;
            }
        }

        return end;
    }

    private static int Run(ReadOnlySpan<char> text, Kind kind, int end)
    {
        while (At(text, end, out var length) == kind)
        {
            end += length;
        }

        return end;
    }

    private static Kind At(ReadOnlySpan<char> text, int index, out int length) => TextKinds.At(text, index, out length) switch
    {
        TextKind.End => Kind.End,
        TextKind.Space or TextKind.Break => Kind.Space,
        TextKind.Upper or TextKind.Lower or TextKind.Letter => Kind.Letter,
        TextKind.Number => Kind.Number,
        TextKind.Punctuation => Kind.Punctuation,
        _ => text[index] is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|' ? Kind.Punctuation : Kind.Other,
    };
}
