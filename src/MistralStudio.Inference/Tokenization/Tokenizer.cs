namespace MistralStudio.Inference.Tokenization;

/// <summary>Text to a model's token ids and back. Safe for use from any number of threads.</summary>
internal abstract class Tokenizer(Vocabulary vocabulary)
{
    /// <summary>The tokens themselves.</summary>
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>
    /// Tokens of a text, without tokens that a model wants around it. With <paramref name="parseSpecial"/> control and user-defined tokens
    /// that are written out in the text become their ids; without it they are ordinary characters, as text of other people must be.
    /// </summary>
    public int[] Encode(ReadOnlySpan<char> text, bool parseSpecial)
    {
        var tokens = new List<int>(text.Length / 3 + 4);
        Encode(text, parseSpecial, tokens);
        return [.. tokens];
    }

    /// <inheritdoc cref="Encode(ReadOnlySpan{char}, bool)"/>
    public int[] Encode(string text, bool parseSpecial) => Encode(text.AsSpan(), parseSpecial);

    /// <summary>Appends the tokens of a text; see <see cref="Encode(ReadOnlySpan{char}, bool)"/>.</summary>
    public void Encode(ReadOnlySpan<char> text, bool parseSpecial, List<int> tokens)
    {
        while (parseSpecial && Vocabulary.Special.Find(text) is { } special)
        {
            EncodeOrdinary(text[..special.Start], tokens);
            tokens.Add(special.Token);
            text = text[(special.Start + special.Length)..];
        }

        EncodeOrdinary(text, tokens);
    }

    /// <summary>Number of tokens of a text in which control tokens are ordinary characters.</summary>
    public virtual int Count(ReadOnlySpan<char> text)
    {
        var tokens = new List<int>(text.Length / 3 + 4);
        EncodeOrdinary(text, tokens);
        return tokens.Count;
    }

    /// <summary>Appends the tokens of a text that holds no special token.</summary>
    protected abstract void EncodeOrdinary(ReadOnlySpan<char> text, List<int> tokens);
}
