using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// Reads the statements of a template. Known are the tags that chat templates use; those that would read other files are refused.
/// </summary>
internal sealed class TemplateParser(List<Token> tokens) : ExpressionParser(tokens)
{
    private int _loops;

    /// <summary>The whole template.</summary>
    /// <exception cref="JinjaException">It is none.</exception>
    public IReadOnlyList<Statement> Parse()
    {
        var statements = Body();
        return Current.Type == TokenType.End ? statements : throw Unexpected("the end");
    }

    /// <summary>Number of a variable's name.</summary>
    public int Number(string name) => NameOf(name);

    /// <summary>Statements until one of the tags named, which stays, or the end.</summary>
    private List<Statement> Body(params string[] ends)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var statements = new List<Statement>();
        while (true)
        {
            switch (Current.Type)
            {
                case TokenType.Data:
                    statements.Add(new Literal(Next().Text));
                    break;
                case TokenType.OutputBegin:
                    Next();
                    statements.Add(new Output(Tuple()));
                    Expect(TokenType.OutputEnd);
                    break;
                case TokenType.BlockBegin when Ahead(1) is { Type: TokenType.Name } tag && ends.Contains(tag.Text):
                    return statements;
                case TokenType.BlockBegin:
                    Next();
                    if (Tag() is { } statement)
                    {
                        statements.Add(statement);
                    }

                    break;
                default:
                    return ends.Length == 0 ? statements : throw Unexpected($"{{% {ends[^1]} %}}");
            }
        }
    }

    /// <summary>The end tag of a body, which may carry a name.</summary>
    private void End(string name)
    {
        Expect(TokenType.BlockBegin);
        Expect(TokenType.Name, name);
        if (Current.Type == TokenType.Name)
        {
            Next();
        }

        Expect(TokenType.BlockEnd);
    }

    private List<Statement> BodyWithEnd(string end)
    {
        Expect(TokenType.BlockEnd);
        var body = Body(end);
        End(end);
        return body;
    }

    private Statement? Tag()
    {
        var tag = Expect(TokenType.Name);
        switch (tag.Text)
        {
            case "if":
                return ParseIf();
            case "for":
                return ParseFor();
            case "set":
                return ParseSet();
            case "macro":
                return ParseMacro();
            case "call":
                return ParseCall();
            case "filter":
                var filter = FilterChain();
                return new FilterBlock(BodyWithEnd("endfilter"), filter);
            case "with":
                return ParseWith();
            case "generation":
                return new Block([], BodyWithEnd("endgeneration"));
            case "break" or "continue" when _loops > 0:
                Expect(TokenType.BlockEnd);
                return new LeaveLoop(tag.Text == "break" ? Flow.Break : Flow.Continue);
            default:
                throw new JinjaException(JinjaFailure.Syntax, $"the tag \"{tag.Text}\" is not known here (line {tag.Line})");
        }
    }

    private If ParseIf()
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        IReadOnlyList<Statement> otherwise = [];
        do
        {
            var test = Tuple(withCondition: false);
            Expect(TokenType.BlockEnd);
            branches.Add((test, Body("elif", "else", "endif")));
            Expect(TokenType.BlockBegin);
        }
        while (SkipName("elif"));

        if (SkipName("else"))
        {
            Expect(TokenType.BlockEnd);
            otherwise = Body("endif");
            Expect(TokenType.BlockBegin);
        }

        Expect(TokenType.Name, "endif");
        Expect(TokenType.BlockEnd);
        return new If(branches, otherwise);
    }

    private For ParseFor()
    {
        var target = ParseTarget();
        Expect(TokenType.Name, "in");
        var items = Tuple(withCondition: false);
        var test = SkipName("if") ? ParseExpression() : null;
        var isRecursive = SkipName("recursive");
        Expect(TokenType.BlockEnd);
        _loops++;
        var body = Body("else", "endfor");
        _loops--;
        IReadOnlyList<Statement> otherwise = [];
        if (Ahead(1).Is(TokenType.Name, "else"))
        {
            Next();
            Next();
            Expect(TokenType.BlockEnd);
            otherwise = Body("endfor");
        }

        End("endfor");
        return new For(target, items, test, isRecursive, NameOf("loop"), body, otherwise);
    }

    private Statement ParseSet()
    {
        var target = ParseTarget();
        if (SkipOperator("="))
        {
            var value = Tuple();
            Expect(TokenType.BlockEnd);
            return new Assignment(target, value);
        }

        Func<Expression, Expression> filter = SkipOperator("|") ? FilterChain() : value => value;
        return new BlockAssignment(target, BodyWithEnd("endset"), filter);
    }

    /// <summary>Filters one after the other, to be applied to a body. They are read once, so a hole stands for the body.</summary>
    private Func<Expression, Expression> FilterChain()
    {
        var hole = new Hole();
        Expression chain = ParseFilter(hole);
        while (SkipOperator("|"))
        {
            chain = ParseFilter(chain);
        }

        return body => new Filled(hole, body, chain);
    }

    private MacroDefinition ParseMacro()
    {
        var name = Expect(TokenType.Name).Text;
        return new MacroDefinition(NameOf(name), Macro(name, "endmacro"));
    }

    private CallBlock ParseCall()
    {
        IReadOnlyList<(int, string, Expression?)> parameters = Current.Is(TokenType.Operator, "(") ? Parameters() : [];
        var callee = Expect(TokenType.Name).Text;
        var arguments = ParseArguments();
        return new CallBlock(new Variable(NameOf(callee), callee), arguments, Macro("caller", "endcall", parameters));
    }

    private Macro Macro(string name, string end, IReadOnlyList<(int, string, Expression?)>? parameters = null)
    {
        parameters ??= Parameters();
        var loops = _loops;
        _loops = 0;
        var body = BodyWithEnd(end);
        _loops = loops;
        return new Macro(name, parameters, NameOf("caller"), NameOf("varargs"), NameOf("kwargs"), body);
    }

    private List<(int Number, string Text, Expression? Default)> Parameters()
    {
        var parameters = new List<(int, string, Expression?)>();
        Expect(TokenType.Operator, "(");
        while (!SkipOperator(")"))
        {
            if (parameters.Count > 0)
            {
                Expect(TokenType.Operator, ",");
                if (SkipOperator(")"))
                {
                    break;
                }
            }

            var name = Expect(TokenType.Name).Text;
            parameters.Add((NameOf(name), name, SkipOperator("=") ? ParseExpression() : null));
        }

        return parameters;
    }

    private Block ParseWith()
    {
        var variables = new List<(Target, Expression)>();
        while (Current.Type != TokenType.BlockEnd)
        {
            if (variables.Count > 0)
            {
                Expect(TokenType.Operator, ",");
            }

            var target = ParseTarget();
            Expect(TokenType.Operator, "=");
            variables.Add((target, ParseExpression()));
        }

        return new Block(variables, BodyWithEnd("endwith"));
    }

    private Target ParseTarget()
    {
        var items = new List<Target>();
        var isTuple = false;
        do
        {
            if (SkipOperator("("))
            {
                items.Add(ParseTarget());
                Expect(TokenType.Operator, ")");
            }
            else if (Current.Type == TokenType.Name && Current.Text != "in")
            {
                var name = Next().Text;
                items.Add(SkipOperator(".")
                    ? new Target.AttributeOfNamespace(NameOf(name), name, Expect(TokenType.Name).Text)
                    : new Target.Name(NameOf(name)));
            }
            else if (!isTuple)
            {
                throw Unexpected("a name");
            }
        }
        while (SkipOperator(",") && (isTuple = true));

        return isTuple ? new Target.Names(items) : items[0];
    }

    /// <summary>Stands for the text of a body inside its filters.</summary>
    private sealed class Hole : Expression
    {
        public int Number { get; } = -2;

        protected override object? EvaluateCore(Scope scope) => scope.TryGet(Number, out var value) ? value : TemplateText.Empty;
    }

    private sealed class Filled(Hole hole, Expression body, Expression chain) : Expression
    {
        protected override object? EvaluateCore(Scope scope)
        {
            var own = new Scope(scope, scope.Rendering);
            own.Set(hole.Number, body.Evaluate(scope));
            return chain.Evaluate(own);
        }
    }
}
