namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Python's arithmetic, whole numbers of 64 bits.</summary>
internal static class Arithmetic
{
    /// <summary><c>left sign right</c>.</summary>
    /// <exception cref="JinjaException">The two do not go together, or the result is too large.</exception>
    public static object? Calculate(object? left, string sign, object? right, RenderBudget budget)
    {
        switch (sign, left, right)
        {
            case ("+", TemplateText a, TemplateText b):
                budget.Spend(a.Length + (long)b.Length);
                return a.Length + b.Length <= RenderBudget.MostOutput ? a.Append(b) : throw new JinjaException(JinjaFailure.Forbidden, "it writes more than 1 MB");
            case ("+", JinjaList a, JinjaList b) when a.IsTuple == b.IsTuple:
                budget.SpendEntries(a.Items.Count + b.Items.Count);
                return new JinjaList([.. a.Items, .. b.Items], a.IsTuple);
            case ("*", TemplateText text, _) when Values.AsInteger(right) is { } times:
                return Repeat(text, times, budget);
            case ("*", _, TemplateText text) when Values.AsInteger(left) is { } times:
                return Repeat(text, times, budget);
            case ("*", JinjaList list, _) when Values.AsInteger(right) is { } times:
                times = Math.Clamp(times, 0, int.MaxValue);
                budget.SpendEntries(list.Items.Count * times);
                return new JinjaList([.. Enumerable.Repeat(list.Items, (int)times).SelectMany(items => items)], list.IsTuple);
            case (_, Undefined missing, _):
                throw missing.Fail();
            case (_, _, Undefined missing):
                throw missing.Fail();
            case ("+", TemplateText, _):
                throw Values.TypeError($"can only concatenate str (not \"{Values.TypeName(right)}\") to str");
            case ("+", JinjaList, _):
                throw Values.TypeError($"can only concatenate {Values.TypeName(left)} (not \"{Values.TypeName(right)}\") to {Values.TypeName(left)}");
        }

        return Values.AsInteger(left) is { } x && Values.AsInteger(right) is { } y && sign != "/" ? Whole(x, sign, y)
            : Values.AsNumber(left) is { } r && Values.AsNumber(right) is { } s ? Real(r, sign, s)
            : throw Values.TypeError($"unsupported operand type(s) for {sign}: '{Values.TypeName(left)}' and '{Values.TypeName(right)}'");
    }

    /// <summary>A calculation whose result may not fit.</summary>
    public static long Checked(Func<long> calculate)
    {
        try
        {
            return calculate();
        }
        catch (OverflowException)
        {
            throw Values.TypeError("a number is larger than 64 bits");
        }
    }

    private static object Whole(long x, string sign, long y)
    {
        if (y == 0 && sign is "//" or "%" && y == 0)
        {
            throw Values.TypeError("integer division or modulo by zero");
        }

        return sign switch
        {
            "+" => Values.Of(Checked(() => checked(x + y))),
            "-" => Values.Of(Checked(() => checked(x - y))),
            "*" => Values.Of(Checked(() => checked(x * y))),
            "//" => Values.Of(Checked(() => checked((x / y) - (x % y != 0 && x < 0 != y < 0 ? 1 : 0)))),
            "%" => Values.Of(y == -1 ? 0 : ((x % y) + y) % y),
            _ => y >= 0 ? Values.Of(Checked(() => Power(x, y))) : Math.Pow(x, y),
        };
    }

    private static object Real(double x, string sign, double y) => sign switch
    {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "**" => Math.Pow(x, y),
        _ when y == 0 => throw Values.TypeError("division by zero"),
        "/" => x / y,
        "//" => Math.Floor(x / y),
        _ => x - (y * Math.Floor(x / y)),
    };

    private static long Power(long x, long y)
    {
        var result = 1L;
        for (var factor = x; y > 0; y >>= 1)
        {
            result = (y & 1) == 1 ? checked(result * factor) : result;
            factor = y > 1 ? checked(factor * factor) : factor;
        }

        return result;
    }

    private static TemplateText Repeat(TemplateText text, long times, RenderBudget budget)
    {
        times = text.Length == 0 ? 0 : Math.Clamp(times, 0, int.MaxValue);
        budget.Spend(text.Length * times);
        if (!text.IsForeign)
        {
            return TemplateText.Own(new System.Text.StringBuilder().Insert(0, text.Value, (int)times).ToString());
        }

        var built = new TextBuilder(budget);
        for (; times > 0; times--)
        {
            built.Append(text);
        }

        return built.ToText();
    }
}
