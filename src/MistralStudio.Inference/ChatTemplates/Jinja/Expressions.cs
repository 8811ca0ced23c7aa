using System.Runtime.CompilerServices;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>An expression of a template.</summary>
internal abstract class Expression
{
    /// <summary>Its value.</summary>
    /// <exception cref="JinjaException">It has none, or the rendering costs too much.</exception>
    public object? Evaluate(Scope scope)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        scope.Budget.Step();
        return EvaluateCore(scope);
    }

    protected abstract object? EvaluateCore(Scope scope);
}

internal sealed class Constant(object? value) : Expression
{
    public object? Value { get; } = value;

    protected override object? EvaluateCore(Scope scope) => Value;
}

internal sealed class Variable(int name, string text) : Expression
{
    private readonly Undefined _undefined = new($"'{text}' is undefined");

    public int Name { get; } = name;

    public string Text { get; } = text;

    protected override object? EvaluateCore(Scope scope) => scope.TryGet(Name, out var value) ? value : _undefined;
}

internal sealed class ListOf(IReadOnlyList<Expression> items, bool isTuple) : Expression
{
    public IReadOnlyList<Expression> Items { get; } = items;

    public bool IsTuple { get; } = isTuple;

    protected override object? EvaluateCore(Scope scope)
    {
        scope.Budget.SpendEntries(Items.Count);
        var values = new object?[Items.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Items[i].Evaluate(scope);
        }

        return new JinjaList(values, IsTuple);
    }
}

internal sealed class MapOf(IReadOnlyList<(Expression Key, Expression Value)> entries) : Expression
{
    protected override object? EvaluateCore(Scope scope)
    {
        scope.Budget.SpendEntries(entries.Count * 4L);
        var map = new JinjaMap();
        foreach (var (key, value) in entries)
        {
            map.Set(key.Evaluate(scope), value.Evaluate(scope));
        }

        return map;
    }
}

internal sealed class AttributeOf(Expression value, string name) : Expression
{
    private readonly TemplateText _name = TemplateText.Own(name);

    protected override object? EvaluateCore(Scope scope) => Members.Attribute(value.Evaluate(scope), _name);
}

internal sealed class ElementOf(Expression value, Expression key) : Expression
{
    protected override object? EvaluateCore(Scope scope) => Members.Element(value.Evaluate(scope), key.Evaluate(scope), scope.Budget);
}

internal sealed class SliceOf(Expression value, Expression? start, Expression? stop, Expression? step) : Expression
{
    protected override object? EvaluateCore(Scope scope) =>
        Members.Slice(value.Evaluate(scope), start?.Evaluate(scope), stop?.Evaluate(scope), step?.Evaluate(scope), scope.Budget);
}

internal sealed class Not(Expression value) : Expression
{
    protected override object? EvaluateCore(Scope scope) => Values.Of(!Values.IsTrue(value.Evaluate(scope)));
}

internal sealed class And(Expression left, Expression right) : Expression
{
    protected override object? EvaluateCore(Scope scope) => left.Evaluate(scope) is var value && Values.IsTrue(value) ? right.Evaluate(scope) : value;
}

internal sealed class Or(Expression left, Expression right) : Expression
{
    protected override object? EvaluateCore(Scope scope) => left.Evaluate(scope) is var value && Values.IsTrue(value) ? value : right.Evaluate(scope);
}

internal sealed class Conditional(Expression test, Expression then, Expression? otherwise) : Expression
{
    private static readonly Undefined s_undefined = new("the inline if-expression evaluated to false and no else section was defined.");

    protected override object? EvaluateCore(Scope scope) =>
        Values.IsTrue(test.Evaluate(scope)) ? then.Evaluate(scope) : otherwise is null ? s_undefined : otherwise.Evaluate(scope);
}

internal sealed class Comparison(Expression first, IReadOnlyList<(string Sign, Expression Value)> rest) : Expression
{
    protected override object? EvaluateCore(Scope scope)
    {
        var left = first.Evaluate(scope);
        foreach (var (sign, value) in rest)
        {
            var right = value.Evaluate(scope);
            if (!Holds(left, sign, right, scope.Budget))
            {
                return Values.False;
            }

            left = right;
        }

        return Values.True;
    }

    /// <summary>True where a comparison holds.</summary>
    public static bool Holds(object? left, string sign, object? right, RenderBudget budget) => sign switch
    {
        "==" => Values.AreEqual(left, right, budget),
        "!=" => !Values.AreEqual(left, right, budget),
        "in" => Values.Contains(right, left, budget),
        "not in" => !Values.Contains(right, left, budget),
        "<" => Values.Compare(left, right, sign, budget) < 0,
        "<=" => Values.Compare(left, right, sign, budget) <= 0,
        ">" => Values.Compare(left, right, sign, budget) > 0,
        _ => Values.Compare(left, right, sign, budget) >= 0,
    };
}

/// <summary><c>~</c>: everything as text, one after the other.</summary>
internal sealed class Concatenation(IReadOnlyList<Expression> parts) : Expression
{
    protected override object? EvaluateCore(Scope scope)
    {
        var text = new TextBuilder(scope.Budget);
        foreach (var part in parts)
        {
            text.Append(Printing.ToText(part.Evaluate(scope), scope.Budget));
        }

        return text.ToText();
    }
}

internal sealed class Negation(Expression value, string sign) : Expression
{
    protected override object? EvaluateCore(Scope scope) => value.Evaluate(scope) switch
    {
        Undefined missing => throw missing.Fail(),
        double number => sign == "-" ? -number : number,
        var number when Values.AsInteger(number) is { } whole => Values.Of(sign == "-" ? Arithmetic.Checked(() => checked(-whole)) : whole),
        var other => throw Values.TypeError($"bad operand type for unary {sign}: '{Values.TypeName(other)}'"),
    };
}

internal sealed class Calculation(Expression left, string sign, Expression right) : Expression
{
    protected override object? EvaluateCore(Scope scope) => Arithmetic.Calculate(left.Evaluate(scope), sign, right.Evaluate(scope), scope.Budget);
}

/// <summary>Arguments of a call as they are written.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? AllPositional, Expression? AllNamed)
{
    public static readonly ArgumentList Empty = new([], [], null, null);

    public Arguments Evaluate(string callee, Scope scope)
    {
        var positional = new List<object?>(Positional.Count);
        foreach (var argument in Positional)
        {
            positional.Add(argument.Evaluate(scope));
        }

        if (AllPositional is not null)
        {
            positional.AddRange(Values.Iterate(AllPositional.Evaluate(scope), scope.Budget));
        }

        if (Named.Count == 0 && AllNamed is null)
        {
            return new Arguments(callee, scope, positional, []);
        }

        var named = Named.Select(argument => KeyValuePair.Create(argument.Name, argument.Value.Evaluate(scope))).ToList();
        if (AllNamed?.Evaluate(scope) is JinjaMap map)
        {
            named.AddRange(map.Select(entry => KeyValuePair.Create(Printing.ToText(entry.Key, scope.Budget).Value, entry.Value)));
        }

        return new Arguments(callee, scope, positional, named);
    }
}

internal sealed class Call(Expression callee, ArgumentList arguments) : Expression
{
    protected override object? EvaluateCore(Scope scope)
    {
        switch (callee.Evaluate(scope))
        {
            case JinjaFunction function:
                return function.Call(arguments.Evaluate(function.Name, scope));
            case LoopState { Recurse: { } recurse }:
                return recurse(arguments.Evaluate("loop", scope).Required(0, "iterable"), scope);
            case Undefined missing:
                throw missing.Fail();
            case var other:
                throw Values.TypeError($"'{Values.TypeName(other)}' object is not callable");
        }
    }
}

internal sealed class Filtered(Expression value, string name, Func<object?, Arguments, object?> filter, ArgumentList arguments) : Expression
{
    protected override object? EvaluateCore(Scope scope) => filter(value.Evaluate(scope), arguments.Evaluate(name, scope));
}

internal sealed class Tested(Expression value, string name, Func<object?, Arguments, bool> test, ArgumentList arguments, bool negated) : Expression
{
    protected override object? EvaluateCore(Scope scope) => Values.Of(test(value.Evaluate(scope), arguments.Evaluate(name, scope)) != negated);
}
