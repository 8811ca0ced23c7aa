namespace MistralStudio.Inference.Tokenization;

/// <summary>Cuts a text into the pieces that merges never cross.</summary>
internal abstract class PreTokenizer
{
    private static readonly Dictionary<string, PreTokenizer> s_byName = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = new Gpt2PreTokenizer(digitsAlone: false),
        ["smollm"] = new Gpt2PreTokenizer(digitsAlone: true),
    };

    /// <summary>Names in <c>tokenizer.ggml.pre</c> that are known here.</summary>
    public static IEnumerable<string> Names => s_byName.Keys;

    /// <summary>The pre-tokenizer that a model file names, or null where it is not known here.</summary>
    public static PreTokenizer? Named(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>Length of the first piece of a text that is not empty, UTF-16 units, at least 1.</summary>
    public abstract int NextPiece(ReadOnlySpan<char> text);
}
