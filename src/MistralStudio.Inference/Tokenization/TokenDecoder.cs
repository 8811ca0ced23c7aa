using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Tokens of one answer to text as they come. A character whose bytes are spread over tokens is given out with its last byte, never in
/// parts; bytes that are no UTF-8 become U+FFFD. Control tokens are no text. One instance an answer.
/// </summary>
/// <param name="vocabulary">The tokens.</param>
/// <param name="startsText">
/// True where the tokens begin a text, so that the space that the encoding puts before one is left out; false where they go on in the middle
/// of a text (a completion).
/// </param>
/// <param name="shown">Control tokens that are written out by their names; null for none.</param>
internal sealed class TokenDecoder(Vocabulary vocabulary, bool startsText = true, IReadOnlySet<int>? shown = null)
{
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private bool _dropsSpace = startsText && vocabulary.TextStartsWithSpace;

    /// <summary>The text that a token completes; empty where its bytes wait for more.</summary>
    public string Push(int token)
    {
        if (vocabulary.IsControl(token))
        {
            return shown?.Contains(token) == true ? Decode([], flush: true) + vocabulary.Name(token) : "";
        }

        var bytes = vocabulary.Bytes(token);
        if (_dropsSpace && bytes.Length > 0)
        {
            _dropsSpace = false;
            bytes = bytes[0] == (byte)' ' ? bytes[1..] : bytes;
        }

        return Decode(bytes, flush: false);
    }

    /// <summary>What is left at the end of the answer: U+FFFD for the bytes of a cut character, otherwise empty.</summary>
    public string Flush() => Decode([], flush: true);

    /// <summary>The text of whole tokens.</summary>
    public static string Decode(Vocabulary vocabulary, IEnumerable<int> tokens)
    {
        var decoder = new TokenDecoder(vocabulary);
        var text = new StringBuilder();
        foreach (var token in tokens)
        {
            text.Append(decoder.Push(token));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var most = _utf8.GetCharCount(bytes, flush);
        if (most == 0)
        {
            _utf8.GetChars(bytes, [], flush);
            return "";
        }

        Span<char> chars = most <= 256 ? stackalloc char[most] : new char[most];
        return new string(chars[.._utf8.GetChars(bytes, chars, flush)]);
    }
}
