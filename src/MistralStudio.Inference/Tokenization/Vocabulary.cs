using System.Text;

namespace MistralStudio.Inference.Tokenization;

/// <summary>What a token is, by GGUF's number in <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>The tokens of a model: what each stands for, which ones steer, which ones end a turn.</summary>
internal sealed class Vocabulary
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly TokenKind[] _kinds;

    /// <param name="tokens">The bytes of every token, by id; for a control token the bytes of its name.</param>
    /// <param name="kinds">What each token is; the same length.</param>
    /// <param name="names">Names of the tokens that are recognised inside a text where that is asked for.</param>
    /// <param name="endOfTurn">Tokens after which the model's turn is over.</param>
    public Vocabulary(IReadOnlyList<byte[]> tokens, TokenKind[] kinds, IEnumerable<KeyValuePair<string, int>> names, IEnumerable<int> endOfTurn)
    {
        _kinds = kinds;
        _starts = new int[tokens.Count + 1];
        for (var i = 0; i < tokens.Count; i++)
        {
            _starts[i + 1] = _starts[i] + tokens[i].Length;
        }

        _bytes = new byte[_starts[^1]];
        for (var i = 0; i < tokens.Count; i++)
        {
            tokens[i].CopyTo(_bytes, _starts[i]);
        }

        Special = new SpecialTokens(names);
        EndOfTurn = endOfTurn.ToHashSet();
    }

    /// <summary>Number of tokens.</summary>
    public int Count => _kinds.Length;

    /// <summary>The tokens that are recognised inside a text where that is asked for, by name.</summary>
    public SpecialTokens Special { get; }

    /// <summary>Tokens after which the model's turn is over.</summary>
    public IReadOnlySet<int> EndOfTurn { get; }

    /// <summary>True where the encoding puts a space before a text, which is no part of the text that comes back.</summary>
    public bool TextStartsWithSpace { get; init; }

    /// <summary>The name of a token: for an ordinary one its text, half characters as U+FFFD.</summary>
    public string Name(int token) => Encoding.UTF8.GetString(Bytes(token));

    /// <summary>The bytes that a token stands for: often not whole characters. For a control token the bytes of its name.</summary>
    public ReadOnlySpan<byte> Bytes(int token) => _bytes.AsSpan(_starts[token].._starts[token + 1]);

    /// <summary>True for a token that steers the model and is no text of an answer.</summary>
    public bool IsControl(int token) => _kinds[token] is TokenKind.Control or TokenKind.Unknown or TokenKind.Unused;

    /// <summary>True for a token that stands for a piece of text.</summary>
    public bool IsOrdinary(int token) => IsOrdinary(_kinds[token]);

    /// <summary>True for a kind of token that stands for a piece of text.</summary>
    public static bool IsOrdinary(TokenKind kind) => kind is not (TokenKind.Control or TokenKind.UserDefined or TokenKind.Unknown);

    /// <summary>The tokens that are recognised by their names inside a text where that is asked for.</summary>
    public static IEnumerable<KeyValuePair<string, int>> SpecialNames(IReadOnlyList<string> tokens, TokenKind[] kinds) =>
        Enumerable.Range(0, tokens.Count)
            .Where(id => kinds[id] is TokenKind.Control or TokenKind.UserDefined)
            .Select(id => KeyValuePair.Create(tokens[id], id));
}
