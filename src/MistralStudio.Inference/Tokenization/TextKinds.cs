using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>What a character is to a pre-tokenizer's pattern; the letters apart as Tekken's pattern tells them apart.</summary>
internal enum TextKind : byte
{
    /// <summary>Nothing: the end of the text.</summary>
    End,

    /// <summary>White space other than the two below.</summary>
    Space,

    /// <summary>Carriage return or line feed.</summary>
    Break,

    /// <summary>Lu, Lt.</summary>
    Upper,

    /// <summary>Ll.</summary>
    Lower,

    /// <summary>Lm, Lo: letters without case.</summary>
    Letter,

    /// <summary>M: combining marks.</summary>
    Mark,

    /// <summary>N.</summary>
    Number,

    /// <summary>P.</summary>
    Punctuation,

    /// <summary>Everything else, half a surrogate pair included.</summary>
    Other,
}

/// <summary>Kinds of characters: one look into a table for those of the basic plane.</summary>
internal static class TextKinds
{
    private static readonly TextKind[] s_kinds = Build();

    /// <summary>The kind of the character at an index, <see cref="TextKind.End"/> behind the text, and its UTF-16 units.</summary>
    public static TextKind At(ReadOnlySpan<char> text, int index, out int length)
    {
        if ((uint)index >= (uint)text.Length)
        {
            length = 0;
            return TextKind.End;
        }

        length = 1;
        var c = text[index];
        return char.IsSurrogate(c) ? AtSurrogate(text[index..], out length) : s_kinds[c];
    }

    public static bool IsSpace(TextKind kind) => kind is TextKind.Space or TextKind.Break;

    public static bool IsLetter(TextKind kind) => kind is TextKind.Upper or TextKind.Lower or TextKind.Letter;

    /// <summary>Neither white space, letter, number nor the end: <c>[^\s\p{L}\p{N}]</c>.</summary>
    public static bool IsSymbol(TextKind kind) => kind is TextKind.Mark or TextKind.Punctuation or TextKind.Other;

    private static TextKind AtSurrogate(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out var rune, out length);
        return Of(Rune.GetUnicodeCategory(rune), isSpace: false);
    }

    private static TextKind[] Build()
    {
        var kinds = new TextKind[char.MaxValue + 1];
        for (var c = 0; c < kinds.Length; c++)
        {
            kinds[c] = c is '\r' or '\n' ? TextKind.Break : Of(CharUnicodeInfo.GetUnicodeCategory((char)c), char.IsWhiteSpace((char)c));
        }

        return kinds;
    }

    private static TextKind Of(UnicodeCategory category, bool isSpace) => isSpace ? TextKind.Space : category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => TextKind.Upper,
        UnicodeCategory.LowercaseLetter => TextKind.Lower,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => TextKind.Letter,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => TextKind.Mark,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => TextKind.Number,
        >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation => TextKind.Punctuation,
        _ => TextKind.Other,
    };
}
