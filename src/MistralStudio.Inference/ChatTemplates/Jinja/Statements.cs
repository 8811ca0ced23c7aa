using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>What happens after a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A statement of a template.</summary>
internal abstract class Statement
{
    /// <summary>Runs it.</summary>
    /// <exception cref="JinjaException">It fails, or the rendering costs too much.</exception>
    public Flow Execute(Scope scope, TextBuilder output)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        scope.Budget.Step();
        return ExecuteCore(scope, output);
    }

    /// <summary>Runs statements until one of them leaves a loop.</summary>
    public static Flow ExecuteAll(IReadOnlyList<Statement> statements, Scope scope, TextBuilder output)
    {
        for (var i = 0; i < statements.Count; i++)
        {
            var flow = statements[i].Execute(scope, output);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    /// <summary>What statements write.</summary>
    public static TemplateText Capture(IReadOnlyList<Statement> statements, Scope scope)
    {
        var text = new TextBuilder(scope.Budget);
        ExecuteAll(statements, scope, text);
        return text.ToText();
    }

    protected abstract Flow ExecuteCore(Scope scope, TextBuilder output);
}

internal sealed class Literal(string text) : Statement
{
    private readonly TemplateText _text = TemplateText.Own(text);

    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        output.Append(_text);
        return Flow.Next;
    }
}

internal sealed class Output(Expression value) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        output.Append(Printing.ToText(value.Evaluate(scope), scope.Budget));
        return Flow.Next;
    }
}

internal sealed class If(IReadOnlyList<(Expression Test, IReadOnlyList<Statement> Body)> branches, IReadOnlyList<Statement> otherwise) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        foreach (var (test, body) in branches)
        {
            if (Values.IsTrue(test.Evaluate(scope)))
            {
                return ExecuteAll(body, scope, output);
            }
        }

        return ExecuteAll(otherwise, scope, output);
    }
}

/// <summary>What an assignment or a loop sets: a name, several names, or an attribute of a namespace.</summary>
internal abstract record Target
{
    public sealed record Name(int Number) : Target;

    public sealed record Names(IReadOnlyList<Target> Items) : Target;

    public sealed record AttributeOfNamespace(int Number, string Text, string Attribute) : Target;

    public void Set(Scope scope, object? value)
    {
        switch (this)
        {
            case Name name:
                scope.Set(name.Number, value);
                break;
            case AttributeOfNamespace attribute:
                if (!scope.TryGet(attribute.Number, out var space) || space is not JinjaNamespace known)
                {
                    throw new JinjaException(JinjaFailure.Type, "cannot assign attribute on non-namespace object");
                }

                scope.Budget.SpendEntries(1);
                known.Attributes[attribute.Attribute] = value;
                break;
            case Names names:
                if (value is Undefined missing)
                {
                    throw missing.Fail();
                }

                var items = Values.Iterate(value, scope.Budget);
                if (items.Count != names.Items.Count)
                {
                    throw Values.TypeError(items.Count > names.Items.Count
                        ? $"too many values to unpack (expected {names.Items.Count})"
                        : $"not enough values to unpack (expected {names.Items.Count}, got {items.Count})");
                }

                for (var i = 0; i < items.Count; i++)
                {
                    names.Items[i].Set(scope, items[i]);
                }

                break;
        }
    }
}

internal sealed class Assignment(Target target, Expression value) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        target.Set(scope, value.Evaluate(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% set x %}...{% endset %}</c>, with or without a filter.</summary>
internal sealed class BlockAssignment(Target target, IReadOnlyList<Statement> body, Func<Expression, Expression> filter) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        target.Set(scope, filter(new Constant(Capture(body, new Scope(scope, scope.Rendering)))).Evaluate(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% filter upper %}...{% endfilter %}</c>.</summary>
internal sealed class FilterBlock(IReadOnlyList<Statement> body, Func<Expression, Expression> filter) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        output.Append(Printing.ToText(filter(new Constant(Capture(body, new Scope(scope, scope.Rendering)))).Evaluate(scope), scope.Budget));
        return Flow.Next;
    }
}

/// <summary>A block with variables of its own: <c>with</c>, <c>generation</c>, <c>block</c>.</summary>
internal sealed class Block(IReadOnlyList<(Target Target, Expression Value)> variables, IReadOnlyList<Statement> body) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        var own = new Scope(scope, scope.Rendering);
        foreach (var (target, value) in variables)
        {
            target.Set(own, value.Evaluate(scope));
        }

        return ExecuteAll(body, own, output);
    }
}

internal sealed class LeaveLoop(Flow flow) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output) => flow;
}

internal sealed class For(
    Target target, Expression items, Expression? test, bool isRecursive, int loopName, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        Run(items.Evaluate(scope), scope, output, 0);
        return Flow.Next;
    }

    private void Run(object? value, Scope scope, TextBuilder output, int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var list = Values.Iterate(value, scope.Budget);
        var own = new Scope(scope, scope.Rendering);
        if (test is not null)
        {
            list = [.. list.Where(item =>
            {
                own = own.NextRound();
                target.Set(own, item);
                scope.Budget.SpendEntries(1);
                return Values.IsTrue(test.Evaluate(own));
            })];
        }

        if (list.Count == 0)
        {
            ExecuteAll(otherwise, new Scope(scope, scope.Rendering), output);
            return;
        }

        var loop = new LoopState(list, depth, !isRecursive ? null : (inner, at) =>
        {
            var text = new TextBuilder(at.Budget);
            Run(inner, scope, text, depth + 1);
            return text.ToText();
        });
        for (var i = 0; i < list.Count; i++)
        {
            scope.Budget.Step();
            loop.Index = i;
            own = own.NextRound();
            own.Set(loopName, loop);
            target.Set(own, list[i]);
            if (ExecuteAll(body, own, output) == Flow.Break)
            {
                return;
            }
        }
    }
}

/// <summary><c>{% macro f(a, b=1) %}...{% endmacro %}</c>.</summary>
internal sealed class MacroDefinition(int name, Macro macro) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        scope.Set(name, macro.Bind(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call f(x) %}...{% endcall %}</c>: the body is what <c>caller()</c> gives inside the macro.</summary>
internal sealed class CallBlock(Expression callee, ArgumentList arguments, Macro caller) : Statement
{
    protected override Flow ExecuteCore(Scope scope, TextBuilder output)
    {
        if (callee.Evaluate(scope) is not JinjaFunction function)
        {
            throw Values.TypeError("what a call block names is no macro");
        }

        var given = arguments.Evaluate(function.Name, scope);
        given = new Arguments(function.Name, scope, given.Positional, [.. given.Named, KeyValuePair.Create<string, object?>("caller", caller.Bind(scope))]);
        output.Append(Printing.ToText(function.Call(given), scope.Budget));
        return Flow.Next;
    }
}

/// <summary>Parameters and body of a macro.</summary>
internal sealed class Macro(
    string name, IReadOnlyList<(int Number, string Text, Expression? Default)> parameters, int caller, int varargs, int kwargs, IReadOnlyList<Statement> body)
{
    /// <summary>The macro as a value that sees the variables around its definition.</summary>
    public JinjaFunction Bind(Scope definition)
    {
        definition.Keep();
        return new(name, given => Run(definition, given));
    }

    private TemplateText Run(Scope definition, Arguments given)
    {
        var own = new Scope(definition, definition.Rendering);
        for (var i = 0; i < parameters.Count; i++)
        {
            var (number, text, otherwise) = parameters[i];
            own.Set(number, given.TryGet(i, text, out var value) ? value : otherwise is not null ? otherwise.Evaluate(own)
                : new Undefined($"parameter '{text}' was not provided"));
        }

        own.Set(varargs, new JinjaList([.. given.Positional.Skip(parameters.Count)], IsTuple: true));
        var rest = new JinjaMap();
        foreach (var (key, value) in given.Named)
        {
            if (key == "caller")
            {
                own.Set(caller, value);
            }
            else if (parameters.All(parameter => parameter.Text != key))
            {
                rest.With(key, value);
            }
        }

        own.Set(kwargs, rest);
        return Statement.Capture(body, own);
    }
}
