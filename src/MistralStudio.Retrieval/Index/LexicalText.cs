namespace MistralStudio.Retrieval.Index;

/// <summary>Scripts as search and evidence see them.</summary>
internal static class LexicalText
{
    /// <summary>Whether a character is of a script without spaces between words: Han, kana and Thai.</summary>
    public static bool IsUnspaced(char c) => c is (>= '\u0E00' and <= '\u0E7F') or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF')
        or (>= '\uF900' and <= '\uFAFF');
}
