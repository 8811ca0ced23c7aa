namespace MistralStudio.Inference.Tokenization;

/// <summary>Text to a model's token ids and back. Safe for use from any number of threads.</summary>
internal abstract class Tokenizer(Vocabulary vocabulary)
{
    /// <summary>The tokens themselves.</summary>
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>The tokens around a text.</summary>
    public SequenceTokens Sequence { get; init; } = new();

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
        var afterSpecial = false;
        while (parseSpecial && Vocabulary.Special.Find(text) is { } special)
        {
            EncodeOrdinary(text[..special.Start], afterSpecial, tokens);
            tokens.Add(special.Token);
            text = text[(special.Start + special.Length)..];
            afterSpecial = true;
        }

        EncodeOrdinary(text, afterSpecial, tokens);
    }

    /// <summary>
    /// Tokens of a text that a model continues: the token that begins a sequence first where the model wants it, never one that ends it.
    /// </summary>
    public int[] EncodePrompt(ReadOnlySpan<char> text, bool parseSpecial)
    {
        var tokens = new List<int>(text.Length / 3 + 4);
        Encode(text, parseSpecial, tokens);
        AddBegin(tokens);
        return [.. tokens];
    }

    /// <summary>Puts the token that begins a sequence in front, where the model wants it and it is not there yet.</summary>
    public void AddBegin(List<int> tokens)
    {
        if (Sequence is { AddsBegin: true, Begin: { } begin } && (tokens.Count == 0 || tokens[0] != begin))
        {
            tokens.Insert(0, begin);
        }
    }

    /// <summary>Tokens of a whole text, with those that the model wants around it.</summary>
    public int[] EncodeWhole(ReadOnlySpan<char> text, bool parseSpecial)
    {
        var tokens = EncodePrompt(text, parseSpecial);
        return Sequence is { AddsEnd: true, End: { } end } ? [.. tokens, end] : tokens;
    }

    /// <summary>Number of tokens of a text in which control tokens are ordinary characters.</summary>
    public virtual int Count(ReadOnlySpan<char> text)
    {
        var tokens = new List<int>(text.Length / 3 + 4);
        EncodeOrdinary(text, afterSpecial: false, tokens);
        return tokens.Count;
    }

    /// <summary>Appends the tokens of a text in which nothing is special.</summary>
    /// <param name="afterSpecial">True where a special token stands before the text, false at the start.</param>
    public abstract void EncodeOrdinary(ReadOnlySpan<char> text, bool afterSpecial, List<int> tokens);
}
