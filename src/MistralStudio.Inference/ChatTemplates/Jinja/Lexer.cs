using System.Globalization;
using System.Text;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// Cuts a template into tokens as Jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>, which is how chat templates are written: a line
/// break right after a block or comment and white space before one on its line are left out, and one line break at the template's end.
/// https://jinja.palletsprojects.com/en/stable/templates/
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] s_operators =
        ["//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",", "(", ")", "[", "]", "{", "}"];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _lineCounted;

    private Lexer(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        _source = source.EndsWith('\n') ? source[..^1] : source;
    }

    /// <summary>The tokens of a template, <see cref="TokenType.End"/> last.</summary>
    /// <exception cref="JinjaException">The text is no template.</exception>
    public static List<Token> Tokenise(string source)
    {
        var lexer = new Lexer(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_position < _source.Length)
        {
            var begin = NextTag(_position);
            if (begin < 0)
            {
                Add(TokenType.Data, _source[_position..]);
                break;
            }

            var kind = _source[begin + 1];
            var sign = begin + 2 < _source.Length && _source[begin + 2] is '-' or '+' ? _source[begin + 2] : '\0';
            Data(begin, kind, sign);
            _position = begin + (sign == '\0' ? 2 : 3);
            switch (kind)
            {
                case '#':
                    Comment();
                    break;
                case '{':
                    Add(TokenType.OutputBegin, "{{");
                    Expression(TokenType.OutputEnd, "}}");
                    break;
                default:
                    if (!Raw())
                    {
                        Add(TokenType.BlockBegin, "{%");
                        Expression(TokenType.BlockEnd, "%}");
                    }

                    break;
            }
        }

        Add(TokenType.End, "");
    }

    private int NextTag(int from)
    {
        for (var at = from; (at = _source.IndexOf('{', at)) >= 0 && at + 1 < _source.Length; at++)
        {
            if (_source[at + 1] is '{' or '%' or '#')
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>The text before a tag, without the white space that the tag takes away.</summary>
    private void Data(int end, char kind, char sign)
    {
        var data = _source.AsSpan(_position..end);
        if (sign == '-')
        {
            data = data.TrimEnd();
        }
        else if (sign != '+' && kind != '{')
        {
            var line = data.LastIndexOf('\n') + 1;
            var startsLine = line > 0 || _position == 0 || _source[_position - 1] == '\n';
            data = startsLine && data[line..].IsWhiteSpace() ? data[..line] : data;
        }

        if (data.Length > 0)
        {
            Add(TokenType.Data, data.ToString());
        }
    }

    private void Comment()
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Wrong("a comment does not end");
        }

        var sign = end > _position ? _source[end - 1] : '\0';
        _position = end + 2;
        AfterTag(sign, trimsBreak: true);
    }

    /// <summary><c>{% raw %}</c>: everything until <c>{% endraw %}</c> is text.</summary>
    private bool Raw()
    {
        var at = _position;
        SkipSpace(ref at);
        if (!_source.AsSpan(at).StartsWith("raw", StringComparison.Ordinal))
        {
            return false;
        }

        at += 3;
        SkipSpace(ref at);
        var sign = at < _source.Length ? _source[at] : '\0';
        at += sign is '-' or '+' ? 1 : 0;
        if (!_source.AsSpan(at).StartsWith("%}", StringComparison.Ordinal))
        {
            return false;
        }

        _position = at + 2;
        AfterTag(sign, trimsBreak: true);
        for (var end = _position; (end = _source.IndexOf("{%", end, StringComparison.Ordinal)) >= 0; end += 2)
        {
            var name = end + 2;
            var before = name < _source.Length ? _source[name] : '\0';
            name += before is '-' or '+' ? 1 : 0;
            SkipSpace(ref name);
            if (!_source.AsSpan(name).StartsWith("endraw", StringComparison.Ordinal))
            {
                continue;
            }

            name += 6;
            SkipSpace(ref name);
            var after = name < _source.Length ? _source[name] : '\0';
            name += after is '-' or '+' ? 1 : 0;
            if (_source.AsSpan(name).StartsWith("%}", StringComparison.Ordinal))
            {
                Data(end, '%', before);
                _position = name + 2;
                AfterTag(after, trimsBreak: true);
                return true;
            }
        }

        throw Wrong("a raw block does not end");
    }

    private void Expression(TokenType endType, string end)
    {
        var open = 0;
        while (true)
        {
            SkipSpace(ref _position);
            if (_position >= _source.Length)
            {
                throw Wrong($"a tag does not end with {end}");
            }

            var rest = _source.AsSpan(_position);
            var sign = rest[0];
            var signed = sign == '-' || (sign == '+' && endType == TokenType.BlockEnd);
            if (open == 0 && (rest.StartsWith(end, StringComparison.Ordinal) || (signed && rest[1..].StartsWith(end, StringComparison.Ordinal))))
            {
                _position += signed ? 3 : 2;
                Add(endType, end);
                AfterTag(sign, trimsBreak: endType == TokenType.BlockEnd);
                return;
            }

            if (char.IsLetter(sign) || sign == '_')
            {
                var length = 1;
                while (length < rest.Length && (char.IsLetterOrDigit(rest[length]) || rest[length] == '_'))
                {
                    length++;
                }

                Take(TokenType.Name, length);
            }
            else if (char.IsAsciiDigit(sign))
            {
                Number(rest);
            }
            else if (sign is '"' or '\'')
            {
                Text(sign);
            }
            else
            {
                open += Operator(rest);
            }
        }
    }

    private int Operator(ReadOnlySpan<char> rest)
    {
        foreach (var known in s_operators)
        {
            if (rest.StartsWith(known, StringComparison.Ordinal))
            {
                Take(TokenType.Operator, known.Length);
                return known[0] is '(' or '[' or '{' ? 1 : known[0] is ')' or ']' or '}' ? -1 : 0;
            }
        }

        throw Wrong($"the character '{rest[0]}' has no meaning");
    }

    private void Number(ReadOnlySpan<char> rest)
    {
        var length = Digits(rest, 0);
        var real = false;
        if (length + 1 < rest.Length && rest[length] == '.' && char.IsAsciiDigit(rest[length + 1]))
        {
            length = Digits(rest, length + 1);
            real = true;
        }

        if (length < rest.Length && rest[length] is 'e' or 'E')
        {
            var digits = length + 1 + (length + 1 < rest.Length && rest[length + 1] is '+' or '-' ? 1 : 0);
            if (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            {
                length = Digits(rest, digits);
                real = true;
            }
        }

        Add(real ? TokenType.Float : TokenType.Integer, rest[..length].ToString().Replace("_", "", StringComparison.Ordinal));
        _position += length;
    }

    private static int Digits(ReadOnlySpan<char> rest, int at)
    {
        while (at < rest.Length && (char.IsAsciiDigit(rest[at]) || rest[at] == '_'))
        {
            at++;
        }

        return at;
    }

    private void Text(char quote)
    {
        var text = new StringBuilder();
        var at = _position + 1;
        while (true)
        {
            if (at >= _source.Length)
            {
                throw Wrong("a string does not end");
            }

            var c = _source[at++];
            if (c == quote)
            {
                break;
            }

            if (c != '\\' || at >= _source.Length)
            {
                text.Append(c);
                continue;
            }

            Escape(text, ref at);
        }

        Add(TokenType.Text, text.ToString());
        _position = at;
    }

    private void Escape(StringBuilder text, ref int at)
    {
        var c = _source[at++];
        switch (c)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                text.Append(c);
                break;
            case 'n':
                text.Append('\n');
                break;
            case 't':
                text.Append('\t');
                break;
            case 'r':
                text.Append('\r');
                break;
            case 'b':
                text.Append('\b');
                break;
            case 'f':
                text.Append('\f');
                break;
            case 'v':
                text.Append('\v');
                break;
            case 'a':
                text.Append('\a');
                break;
            case 'x':
                Hexadecimal(text, ref at, 2);
                break;
            case 'u':
                Hexadecimal(text, ref at, 4);
                break;
            case 'U':
                Hexadecimal(text, ref at, 8);
                break;
            case >= '0' and <= '7':
                var value = c - '0';
                for (var i = 0; i < 2 && at < _source.Length && _source[at] is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + _source[at++] - '0';
                }

                text.Append((char)value);
                break;
            default:
                text.Append('\\').Append(c);
                break;
        }
    }

    private void Hexadecimal(StringBuilder text, ref int at, int digits)
    {
        if (at + digits > _source.Length
            || !int.TryParse(_source.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value is < 0 or > 0x10FFFF)
        {
            throw Wrong("a string has an unfinished escape");
        }

        at += digits;
        text.Append(value > char.MaxValue ? char.ConvertFromUtf32(value) : ((char)value).ToString());
    }

    private void AfterTag(char sign, bool trimsBreak)
    {
        if (sign == '-')
        {
            SkipSpace(ref _position);
        }
        else if (trimsBreak && sign != '+' && _position < _source.Length && _source[_position] == '\n')
        {
            _position++;
        }
    }

    private void SkipSpace(ref int at)
    {
        while (at < _source.Length && char.IsWhiteSpace(_source[at]))
        {
            at++;
        }
    }

    private void Take(TokenType type, int length)
    {
        Add(type, _source.Substring(_position, length));
        _position += length;
    }

    private void Add(TokenType type, string text)
    {
        var here = Math.Min(_position, _source.Length);
        _line += _source.AsSpan(Math.Min(_lineCounted, here)..here).Count('\n');
        _lineCounted = Math.Max(_lineCounted, here);
        _tokens.Add(new Token(type, text, _line));
    }

    private JinjaException Wrong(string what) =>
        new(JinjaFailure.Syntax, $"{what} (line {1 + _source.AsSpan(0, Math.Min(_position, _source.Length)).Count('\n')})");
}
