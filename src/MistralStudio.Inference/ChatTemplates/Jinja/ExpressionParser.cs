using System.Globalization;
using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// Reads expressions, with Jinja2's precedence: inline if, or, and, not, comparisons, + and -, ~, * / // %, **, sign, and behind a value its
/// attributes, elements, calls, filters and tests.
/// </summary>
internal class ExpressionParser(List<Token> tokens) : TokenReader(tokens)
{
    /// <summary>One expression, or several with commas between them as a tuple.</summary>
    protected Expression Tuple(bool withCondition = true, bool allowsEmpty = false)
    {
        var items = new List<Expression>();
        var isTuple = false;
        while (!EndsTuple())
        {
            items.Add(withCondition ? ParseExpression() : ParseOr());
            if (!SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return !isTuple && items.Count == 1 ? items[0] : items.Count > 0 || allowsEmpty ? new ListOf(items, isTuple: true) : throw Unexpected("an expression");
    }

    private bool EndsTuple() =>
        Current.Type is TokenType.BlockEnd or TokenType.OutputEnd or TokenType.End || Current.Is(TokenType.Operator, ")");

    /// <summary>An expression.</summary>
    protected Expression ParseExpression()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = ParseOr();
        while (SkipName("if"))
        {
            var test = ParseOr();
            value = new Conditional(test, value, SkipName("else") ? ParseExpression() : null);
        }

        return value;
    }

    private Expression ParseOr()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var left = ParseAnd();
        while (SkipName("or"))
        {
            left = new Or(left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (SkipName("and"))
        {
            left = new And(left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return SkipName("not") ? new Not(ParseNot()) : ParseComparison();
    }

    private Expression ParseComparison()
    {
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current is { Type: TokenType.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" })
            {
                rest.Add((Next().Text, ParseSum()));
            }
            else if (SkipName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (Current.Is(TokenType.Name, "not") && Ahead(1).Is(TokenType.Name, "in"))
            {
                Next();
                Next();
                rest.Add(("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first, rest);
            }
        }
    }

    private Expression ParseSum()
    {
        var left = ParseConcatenation();
        while (Current is { Type: TokenType.Operator, Text: "+" or "-" })
        {
            left = new Calculation(left, Next().Text, ParseConcatenation());
        }

        return left;
    }

    private Expression ParseConcatenation()
    {
        var parts = new List<Expression> { ParseProduct() };
        while (SkipOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new Concatenation(parts);
    }

    private Expression ParseProduct()
    {
        var left = ParsePower();
        while (Current is { Type: TokenType.Operator, Text: "*" or "/" or "//" or "%" })
        {
            left = new Calculation(left, Next().Text, ParsePower());
        }

        return left;
    }

    private Expression ParsePower()
    {
        var left = ParseUnary(withFilters: true);
        while (SkipOperator("**"))
        {
            left = new Calculation(left, "**", ParseUnary(withFilters: true));
        }

        return left;
    }

    protected Expression ParseUnary(bool withFilters)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = Current is { Type: TokenType.Operator, Text: "-" or "+" }
            ? new Negation(sign: Next().Text, value: ParseUnary(withFilters: false))
            : ParsePrimary();
        value = ParsePostfix(value);
        return withFilters ? ParseFilters(value) : value;
    }

    private Expression ParsePrimary()
    {
        var token = Next();
        switch (token.Type)
        {
            case TokenType.Name:
                return token.Text switch
                {
                    "true" or "True" => new Constant(Values.True),
                    "false" or "False" => new Constant(Values.False),
                    "none" or "None" => new Constant(null),
                    _ => new Variable(NameOf(token.Text), token.Text),
                };
            case TokenType.Text:
                var text = token.Text;
                while (Current.Type == TokenType.Text)
                {
                    text += Next().Text;
                }

                return new Constant(TemplateText.Own(text));
            case TokenType.Integer:
                return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
                    ? new Constant(Values.Of(whole))
                    : throw new JinjaException(JinjaFailure.Syntax, $"the number {token.Text} is too large (line {token.Line})");
            case TokenType.Float:
                return new Constant(double.Parse(token.Text, CultureInfo.InvariantCulture));
            case TokenType.Operator when token.Text == "(":
                var tuple = Tuple(allowsEmpty: true);
                Expect(TokenType.Operator, ")");
                return tuple;
            case TokenType.Operator when token.Text == "[":
                return new ListOf(Items("]"), isTuple: false);
            case TokenType.Operator when token.Text == "{":
                return ParseMap();
            default:
                Back(token);
                throw Unexpected("an expression");
        }
    }

    private List<Expression> Items(string end)
    {
        var items = new List<Expression>();
        while (!SkipOperator(end))
        {
            if (items.Count > 0)
            {
                Expect(TokenType.Operator, ",");
                if (SkipOperator(end))
                {
                    break;
                }
            }

            items.Add(ParseExpression());
        }

        return items;
    }

    private MapOf ParseMap()
    {
        var entries = new List<(Expression, Expression)>();
        while (!SkipOperator("}"))
        {
            if (entries.Count > 0)
            {
                Expect(TokenType.Operator, ",");
                if (SkipOperator("}"))
                {
                    break;
                }
            }

            var key = ParseExpression();
            Expect(TokenType.Operator, ":");
            entries.Add((key, ParseExpression()));
        }

        return new MapOf(entries);
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            if (SkipOperator("."))
            {
                var name = Next();
                value = name.Type switch
                {
                    TokenType.Name => new AttributeOf(value, name.Text),
                    TokenType.Integer when long.TryParse(name.Text, out var index) => new ElementOf(value, new Constant(Values.Of(index))),
                    _ => throw Unexpected("an attribute"),
                };
            }
            else if (SkipOperator("["))
            {
                value = ParseElement(value);
            }
            else if (Current.Is(TokenType.Operator, "("))
            {
                value = new Call(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseElement(Expression value)
    {
        Expression? start = Current.Is(TokenType.Operator, ":") ? null : ParseExpression();
        if (SkipOperator("]"))
        {
            return new ElementOf(value, start!);
        }

        if (Current.Is(TokenType.Operator, ","))
        {
            var keys = new List<Expression> { start! };
            while (SkipOperator(",") && !Current.Is(TokenType.Operator, "]"))
            {
                keys.Add(ParseExpression());
            }

            Expect(TokenType.Operator, "]");
            return new ElementOf(value, new ListOf(keys, isTuple: true));
        }

        Expect(TokenType.Operator, ":");
        var stop = Current is { Type: TokenType.Operator, Text: "]" or ":" } ? null : ParseExpression();
        var step = SkipOperator(":") && !Current.Is(TokenType.Operator, "]") ? ParseExpression() : null;
        Expect(TokenType.Operator, "]");
        return new SliceOf(value, start, stop, step);
    }

    protected ArgumentList ParseArguments()
    {
        Expect(TokenType.Operator, "(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? allPositional = null;
        Expression? allNamed = null;
        while (!SkipOperator(")"))
        {
            if (positional.Count + named.Count > 0 || allPositional is not null || allNamed is not null)
            {
                Expect(TokenType.Operator, ",");
                if (SkipOperator(")"))
                {
                    break;
                }
            }

            if (SkipOperator("**"))
            {
                allNamed = ParseExpression();
            }
            else if (SkipOperator("*"))
            {
                allPositional = ParseExpression();
            }
            else if (Current.Type == TokenType.Name && Ahead(1).Is(TokenType.Operator, "="))
            {
                var name = Next().Text;
                Next();
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0)
            {
                throw Unexpected("a named argument");
            }
            else
            {
                positional.Add(ParseExpression());
            }
        }

        return new ArgumentList(positional, named, allPositional, allNamed);
    }

    private Expression ParseFilters(Expression value)
    {
        while (true)
        {
            if (SkipOperator("|"))
            {
                value = ParseFilter(value);
            }
            else if (SkipName("is"))
            {
                value = ParseTest(value);
            }
            else if (Current.Is(TokenType.Operator, "("))
            {
                value = new Call(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    /// <summary>A filter's name and arguments, applied to a value.</summary>
    protected Expression ParseFilter(Expression value)
    {
        var token = Expect(TokenType.Name);
        var filter = Filters.Find(token.Text)
            ?? throw new JinjaException(JinjaFailure.Syntax, $"there is no filter \"{token.Text}\" (line {token.Line})");
        return new Filtered(value, token.Text, filter, Current.Is(TokenType.Operator, "(") ? ParseArguments() : ArgumentList.Empty);
    }

    private Tested ParseTest(Expression value)
    {
        var negated = SkipName("not");
        var token = Next();
        if (token.Type is not (TokenType.Name or TokenType.Operator) || Tests.Find(token.Text) is not { } test)
        {
            throw new JinjaException(JinjaFailure.Syntax, $"there is no test \"{token.Text}\" (line {token.Line})");
        }

        var arguments = ArgumentList.Empty;
        if (Current.Is(TokenType.Operator, "("))
        {
            arguments = ParseArguments();
        }
        else if (Current.Type is TokenType.Text or TokenType.Integer or TokenType.Float
            || Current is { Type: TokenType.Operator, Text: "[" or "{" }
            || (Current.Type == TokenType.Name && Current.Text is not ("else" or "or" or "and" or "is" or "if" or "not" or "in")))
        {
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        }

        return new Tested(value, token.Text, test, arguments, negated);
    }
}
