namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Walks the tokens of a template, and numbers the names of its variables.</summary>
internal class TokenReader(List<Token> tokens)
{
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private int _position;

    protected Token Current => tokens[_position];

    /// <summary>Names of variables by their numbers.</summary>
    public IReadOnlyDictionary<string, int> Names => _names;

    protected int NameOf(string text)
    {
        if (!_names.TryGetValue(text, out var number))
        {
            _names[text] = number = _names.Count;
        }

        return number;
    }

    protected Token Next()
    {
        var token = tokens[_position];
        _position += token.Type == TokenType.End ? 0 : 1;
        return token;
    }

    /// <summary>Puts the token that was read last back.</summary>
    protected void Back(Token token) => _position -= token.Type == TokenType.End ? 0 : 1;

    protected Token Ahead(int count) => tokens[Math.Min(_position + count, tokens.Count - 1)];

    protected bool Skip(TokenType type, string text)
    {
        var found = Current.Is(type, text);
        _position += found ? 1 : 0;
        return found;
    }

    protected bool SkipOperator(string text) => Skip(TokenType.Operator, text);

    protected bool SkipName(string text) => Skip(TokenType.Name, text);

    protected Token Expect(TokenType type, string? text = null) =>
        Current.Type == type && (text is null || Current.Text == text) ? Next() : throw Unexpected(text ?? type.ToString());

    protected JinjaException Unexpected(string expected) => new(
        JinjaFailure.Syntax,
        $"expected {expected}, found {(Current.Type == TokenType.End ? "the end" : $"\"{Current.Text}\"")} (line {Current.Line})");
}
