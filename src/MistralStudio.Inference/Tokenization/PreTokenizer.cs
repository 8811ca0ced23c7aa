namespace MistralStudio.Inference.Tokenization;

/// <summary>
/// Cuts a text into the pieces that merges never cross. The published patterns are regular expressions; here each is written out, so that no
/// text makes it look back further than one run of white space or letters.
/// </summary>
internal abstract class PreTokenizer
{
    private static readonly Dictionary<string, PreTokenizer> s_byName = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = new Gpt2PreTokenizer(),
        ["smollm"] = new Gpt2PreTokenizer { DigitsAlone = true },
        ["default"] = new DefaultPreTokenizer(),
        ["llama-bpe"] = new LlamaPreTokenizer(mostDigits: 3) { TakesWholeTokens = true, AddsBegin = true },
        ["llama3"] = new LlamaPreTokenizer(mostDigits: 3) { TakesWholeTokens = true, AddsBegin = true },
        ["llama-v3"] = new LlamaPreTokenizer(mostDigits: 3) { TakesWholeTokens = true, AddsBegin = true },
        ["qwen2"] = new LlamaPreTokenizer(mostDigits: 1),
        ["deepseek-r1-qwen"] = new LlamaPreTokenizer(mostDigits: 1),
        ["tekken"] = new TekkenPreTokenizer { TakesWholeTokens = true, AddsBegin = true },
    };

    /// <summary>Names in <c>tokenizer.ggml.pre</c> that are known here.</summary>
    public static IEnumerable<string> Names => s_byName.Keys;

    /// <summary>The pre-tokenizer that a model file names, or null where it is not known here.</summary>
    public static PreTokenizer? Named(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>True where a piece that is a token as a whole is that token, whatever the merges would make of it.</summary>
    public bool TakesWholeTokens { get; init; }

    /// <summary>True where a text starts with the token that begins a sequence unless the model file says otherwise.</summary>
    public bool AddsBegin { get; init; }

    /// <summary>Length of the first piece of a text that is not empty, UTF-16 units, at least 1.</summary>
    public abstract int NextPiece(ReadOnlySpan<char> text);

    /// <summary>Length of a contraction at the start of a text (<c>'s</c>, <c>'t</c>, <c>'re</c>, <c>'ve</c>, <c>'m</c>, <c>'ll</c>, <c>'d</c>), or 0.</summary>
    protected static int Contraction(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }

        var first = ignoreCase ? char.ToLowerInvariant(text[1]) : text[1];
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        var second = text.Length < 3 ? '\0' : ignoreCase ? char.ToLowerInvariant(text[2]) : text[2];
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    /// <summary>The end of a run of white space, where it last held a line break (0 if nowhere), and where its last character starts.</summary>
    protected static (int End, int AfterBreak, int Last) SpaceRun(ReadOnlySpan<char> text)
    {
        var (end, afterBreak, last) = (0, 0, 0);
        TextKind kind;
        while (TextKinds.IsSpace(kind = TextKinds.At(text, end, out var length)))
        {
            last = end;
            end += length;
            afterBreak = kind == TextKind.Break ? end : afterBreak;
        }

        return (end, afterBreak, last);
    }

    /// <summary>The end of the letters from an index.</summary>
    protected static int Letters(ReadOnlySpan<char> text, int end)
    {
        while (TextKinds.IsLetter(TextKinds.At(text, end, out var length)))
        {
            end += length;
        }

        return end;
    }

    /// <summary>The end of what is neither white space, letter nor number, from an index.</summary>
    protected static int Symbols(ReadOnlySpan<char> text, int end)
    {
        while (TextKinds.IsSymbol(TextKinds.At(text, end, out var length)))
        {
            end += length;
        }

        return end;
    }

    /// <summary>The end of the numbers from an index, at most so many characters.</summary>
    protected static int Numbers(ReadOnlySpan<char> text, int end, int most)
    {
        for (; most > 0 && TextKinds.At(text, end, out var length) == TextKind.Number; most--)
        {
            end += length;
        }

        return end;
    }
}
