using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// GPT-2's pattern, <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, written out: one pass, no backtracking.
/// <paramref name="digitsAlone"/> first cuts every character of category N off alone (SmolLM), so that the pattern never looks past one.
/// </summary>
internal sealed class Gpt2PreTokenizer(bool digitsAlone) : PreTokenizer
{
    private static readonly string[] s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        End,
        Space,
        Letter,
        Number,
        Other,
    }

    /// <inheritdoc/>
    public override int NextPiece(ReadOnlySpan<char> text)
    {
        var first = KindAt(text, 0, out var firstLength);
        if (first == Kind.Space)
        {
            return SpacePiece(text);
        }

        if (text[0] == '\'')
        {
            foreach (var contraction in s_contractions)
            {
                if (text.StartsWith(contraction, StringComparison.Ordinal))
                {
                    return contraction.Length;
                }
            }
        }

        return first == Kind.Number && digitsAlone ? firstLength : Run(text, first, firstLength);
    }

    private int SpacePiece(ReadOnlySpan<char> text)
    {
        var last = 0;
        var end = 0;
        Kind next;
        while ((next = KindAt(text, end, out var length)) == Kind.Space)
        {
            last = end;
            end += length;
        }

        if (next == Kind.End || (next == Kind.Number && digitsAlone))
        {
            return end;
        }

        if (last > 0)
        {
            return last;
        }

        return text[0] == ' ' ? Run(text, next, 1) : end;
    }

    /// <summary>The end of a run of one kind.</summary>
    private static int Run(ReadOnlySpan<char> text, Kind kind, int end)
    {
        while (KindAt(text, end, out var length) == kind)
        {
            end += length;
        }

        return end;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        if (index >= text.Length)
        {
            length = 0;
            return Kind.End;
        }

        var c = text[index];
        length = 1;
        if (c < 128)
        {
            return char.IsAsciiLetter(c) ? Kind.Letter
                : char.IsAsciiDigit(c) ? Kind.Number
                : c is ' ' or (>= '\t' and <= '\r') ? Kind.Space
                : Kind.Other;
        }

        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        if (Rune.IsWhiteSpace(rune))
        {
            return Kind.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
