namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// GPT-2's alphabet of bytes: every byte is one printable character, so that a vocabulary can be a text file. Printable Latin-1 bytes are
/// themselves; the other 68 are U+0100 and up, in order.
/// </summary>
internal static class ByteSymbols
{
    private static readonly char[] s_symbols = Build();
    private static readonly short[] s_bytes = Invert(s_symbols);

    /// <summary>The character that stands for a byte.</summary>
    public static char Of(byte value) => s_symbols[value];

    /// <summary>The bytes that a token's characters stand for; null where a character stands for none.</summary>
    public static byte[]? Decode(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (token[i] >= s_bytes.Length || s_bytes[token[i]] < 0)
            {
                return null;
            }

            bytes[i] = (byte)s_bytes[token[i]];
        }

        return bytes;
    }

    private static char[] Build()
    {
        var symbols = new char[256];
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            symbols[value] = printable ? (char)value : next++;
        }

        return symbols;
    }

    private static short[] Invert(char[] symbols)
    {
        var bytes = new short[symbols.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < symbols.Length; value++)
        {
            bytes[symbols[value]] = (short)value;
        }

        return bytes;
    }
}
