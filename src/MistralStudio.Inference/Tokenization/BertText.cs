using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// BERT's uncased normalisation and word splitting, one word at a time, so that a truncated text costs no more than what is kept: control
/// characters dropped, Chinese characters words of their own, accents stripped (NFD without category Mn), lower case, punctuation words of
/// their own. The order is that of the reference, huggingface/tokenizers' BertNormalizer and BertPreTokenizer.
/// </summary>
internal ref struct BertText(ReadOnlySpan<char> text)
{
    private readonly StringBuilder _word = new();
    private ReadOnlySpan<char> _rest = text;
    private string _normalised = "";
    private int _position;

    /// <summary>The word that <see cref="MoveNext"/> found; valid until the next call.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>Finds the next word; false at the end.</summary>
    public bool MoveNext()
    {
        while (_position >= _normalised.Length)
        {
            if (!ReadChunk())
            {
                return false;
            }
        }

        var start = _position;
        Rune.DecodeFromUtf16(_normalised.AsSpan(start), out var rune, out var length);
        _position += length;
        if (!IsPunctuation(rune))
        {
            while (_position < _normalised.Length
                && Rune.DecodeFromUtf16(_normalised.AsSpan(_position), out rune, out length) == System.Buffers.OperationStatus.Done
                && !IsPunctuation(rune))
            {
                _position += length;
            }
        }

        Current = _normalised.AsSpan(start, _position - start);
        return true;
    }

    /// <summary>Reads what stands between two spaces, normalised; false at the end of the text.</summary>
    private bool ReadChunk()
    {
        _word.Clear();
        var ascii = true;
        while (_rest.Length > 0)
        {
            Rune.DecodeFromUtf16(_rest, out var rune, out var length);
            if (IsSpace(rune) || IsChinese(rune.Value))
            {
                if (_word.Length > 0)
                {
                    break;
                }

                _rest = _rest[length..];
                if (IsSpace(rune))
                {
                    continue;
                }

                ascii = false;
                Append(rune);
                break;
            }

            _rest = _rest[length..];
            if (!IsDropped(rune))
            {
                ascii &= rune.IsAscii;
                Append(rune);
            }
        }

        _position = 0;
        _normalised = ascii ? _word.ToString().ToLowerInvariant() : StripAccents(_word.ToString());
        return _word.Length > 0;
    }

    private readonly void Append(Rune rune)
    {
        Span<char> units = stackalloc char[2];
        _word.Append(units[..rune.EncodeToUtf16(units)]);
    }

    private static string StripAccents(string word)
    {
        var stripped = new StringBuilder(word.Length);
        foreach (var rune in word.Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                stripped.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return stripped.ToString();
    }

    private static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || (Rune.IsWhiteSpace(rune) && !IsControl(rune));

    private static bool IsDropped(Rune rune) => rune.Value is 0 or 0xFFFD || IsControl(rune);

    private static bool IsControl(Rune rune) =>
        rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private static bool IsChinese(int value) => value is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
