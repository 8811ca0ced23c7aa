using System.Globalization;

namespace MistralStudio.Core.Schemas.Text;

/// <summary>
/// Reads the regular expressions of JSON Schema (ECMA-262 with the u flag), of those only what a finite automaton can do: the subset that
/// RE2 has too. What is left out is refused by name, never read as something else.
/// </summary>
internal sealed class RegexParser
{
    private const int MostDepth = 64;
    private const int MostLength = 8192;
    private const int MostCount = 10_000;

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private RegexParser(string pattern) => _pattern = pattern;

    /// <exception cref="SchemaException">It cannot be read, or has no automaton.</exception>
    public static RegexSyntax Parse(string pattern)
    {
        if (pattern.Length > MostLength)
        {
            throw new SchemaException(SchemaErrors.TooLarge(
                $"a regular expression of {pattern.Length:N0} characters, of {MostLength:N0} at most"));
        }

        var parser = new RegexParser(pattern);
        var syntax = parser.Alternatives();
        return parser._at == pattern.Length ? syntax : throw parser.Fault("this parenthesis was never opened");
    }

    private RegexSyntax Alternatives()
    {
        if (++_depth > MostDepth)
        {
            throw Fault($"groups are nested more than {MostDepth} deep");
        }

        var options = new List<RegexSyntax> { Sequence() };
        while (Take('|'))
        {
            options.Add(Sequence());
        }

        _depth--;
        return options.Count == 1 ? options[0] : new RegexSyntax.Alternatives(options);
    }

    private RegexSyntax Sequence()
    {
        var parts = new List<RegexSyntax>();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            parts.Add(Quantified(Atom()));
        }

        return parts.Count == 1 ? parts[0] : new RegexSyntax.Sequence(parts);
    }

    private RegexSyntax Quantified(RegexSyntax atom)
    {
        var start = _at;
        if (Count() is not { } count)
        {
            return atom;
        }

        if (atom is RegexSyntax.Anchor)
        {
            _at = start;
            throw Fault("an anchor cannot be repeated");
        }

        Take('?'); // A lazy quantifier matches the same texts.
        if (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '?')
        {
            throw Fault("there is nothing to repeat");
        }

        return new RegexSyntax.Repeat(atom, count.Least, count.Most);
    }

    private (int Least, int? Most)? Count()
    {
        if (Take('*'))
        {
            return (0, null);
        }

        if (Take('+'))
        {
            return (1, null);
        }

        if (Take('?'))
        {
            return (0, 1);
        }

        if (!Take('{'))
        {
            return null;
        }

        var least = Number();
        int? most = least;
        if (Take(','))
        {
            most = _at < _pattern.Length && _pattern[_at] == '}' ? null : Number();
        }

        if (!Take('}') || most < least)
        {
            throw Fault("a count is written {n}, {n,} or {n,m} with n not above m");
        }

        return (least, most);
    }

    private int Number()
    {
        var start = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]))
        {
            _at++;
        }

        if (!int.TryParse(_pattern.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > MostCount)
        {
            throw Fault($"a count is a whole number of at most {MostCount:N0}");
        }

        return number;
    }

    private RegexSyntax Atom()
    {
        switch (_pattern[_at])
        {
            case '(':
                return Group();
            case '[':
                return new RegexSyntax.Chars(Class());
            case '.':
                _at++;
                return new RegexSyntax.Chars(CharSet.Dot);
            case '^' or '$':
                return new RegexSyntax.Anchor(_pattern[_at++] == '$');
            case '*' or '+' or '?':
                throw Fault("there is nothing to repeat");
            case '{':
                throw Fault("a brace is written \\{");
            case '\\':
                return new RegexSyntax.Chars(Escape(inClass: false));
            default:
                return new RegexSyntax.Chars(One(Rune()));
        }
    }

    private RegexSyntax Group()
    {
        var start = _at++;
        if (Take('?'))
        {
            if (TakeText("=") || TakeText("!") || TakeText("<=") || TakeText("<!"))
            {
                throw Fault("look-around has no automaton");
            }

            if (Take('<'))
            {
                while (_at < _pattern.Length && _pattern[_at] != '>')
                {
                    _at++;
                }

                Take('>');
            }
            else if (!Take(':'))
            {
                throw Fault("flags inside an expression are not supported");
            }
        }

        var inner = Alternatives();
        if (!Take(')'))
        {
            _at = start;
            throw Fault("this parenthesis is never closed");
        }

        return inner;
    }

    private CharSet Class()
    {
        var start = _at++;
        var negated = Take('^');
        var sets = new List<CharSet>();
        while (_at < _pattern.Length && _pattern[_at] != ']')
        {
            var low = ClassItem();
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                var high = ClassItem();
                if (Single(low) is not { } first || Single(high) is not { } last || last < first)
                {
                    throw Fault("a range goes from one character to a later one");
                }

                sets.Add(CharSet.Of((first, last)));
            }
            else
            {
                sets.Add(low);
            }
        }

        if (!Take(']'))
        {
            _at = start;
            throw Fault("this bracket is never closed");
        }

        var union = CharSet.Union(sets);
        return negated ? union.Negate() : union;
    }

    private CharSet ClassItem() => _pattern[_at] == '\\' ? Escape(inClass: true) : One(Rune());

    private CharSet Escape(bool inClass)
    {
        if (++_at == _pattern.Length)
        {
            throw Fault("a backslash at the end escapes nothing");
        }

        var symbol = _pattern[_at++];
        switch (symbol)
        {
            case 'd': return CharSet.Digits;
            case 'D': return CharSet.Digits.Negate();
            case 'w': return CharSet.Word;
            case 'W': return CharSet.Word.Negate();
            case 's': return CharSet.Space;
            case 'S': return CharSet.Space.Negate();
            case 'n': return One('\n');
            case 'r': return One('\r');
            case 't': return One('\t');
            case 'f': return One('\f');
            case 'v': return One('\v');
            case 'b' when inClass: return One('\b');
            case 'b' or 'B': throw Fault("word boundaries are not supported");
            case '0' when _at == _pattern.Length || !char.IsAsciiDigit(_pattern[_at]): return One(0);
            case >= '0' and <= '9' or 'k': throw Fault("a back reference has no automaton");
            case 'c' when _at < _pattern.Length && char.IsAsciiLetter(_pattern[_at]): return One(_pattern[_at++] % 32);
            case 'x': return One(Hexadecimal(2));
            case 'u': return One(UnicodeEscape());
            case 'p' or 'P': return Property(symbol == 'P');
            default:
                _at--;
                var rune = Rune();
                return rune < 128 && char.IsAsciiLetter((char)rune) ? throw Fault($"the escape \\{symbol} is not known") : One(rune);
        }
    }

    private CharSet Property(bool negated)
    {
        var close = Take('{') ? _pattern.IndexOf('}', _at) : -1;
        if (close < 0)
        {
            throw Fault("a property is written \\p{Name}");
        }

        var name = _pattern[_at..close];
        var set = CharSet.Property(name) ?? throw Fault($"the Unicode property \"{name}\" is not supported, general categories are");
        _at = close + 1;
        return negated ? set.Negate() : set;
    }

    private int UnicodeEscape()
    {
        if (Take('{'))
        {
            var close = _pattern.IndexOf('}', _at);
            var digits = close < 0 ? 0 : close - _at;
            var scalar = digits is > 0 and <= 6 ? Hexadecimal(digits) : throw Fault("a code point is written \\u{1F600}");
            _at = close + 1;
            return scalar;
        }

        var unit = Hexadecimal(4);
        if (char.IsHighSurrogate((char)unit) && TakeText("\\u"))
        {
            var low = Hexadecimal(4);
            return char.IsLowSurrogate((char)low) ? char.ConvertToUtf32((char)unit, (char)low) : throw Fault("half a surrogate pair is no character");
        }

        return unit;
    }

    private int Hexadecimal(int digits)
    {
        if (_at + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value > CharSet.Last)
        {
            throw Fault($"{digits} hexadecimal digits are expected");
        }

        _at += digits;
        return value;
    }

    private int Rune()
    {
        if (!System.Text.Rune.TryGetRuneAt(_pattern, _at, out var rune))
        {
            throw Fault("half a surrogate pair is no character");
        }

        _at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private bool Take(char symbol)
    {
        var found = _at < _pattern.Length && _pattern[_at] == symbol;
        _at += found ? 1 : 0;
        return found;
    }

    private bool TakeText(string text)
    {
        var found = string.CompareOrdinal(_pattern, _at, text, 0, text.Length) == 0;
        _at += found ? text.Length : 0;
        return found;
    }

    private static CharSet One(int rune) => CharSet.Of((rune, rune));

    private static int? Single(CharSet set) => set.Ranges is [var (low, high)] && low == high ? low : null;

    private SchemaException Fault(string reason) => new(SchemaErrors.InvalidPattern(_pattern, _at, reason));
}
