namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Jinja2's tests: what stands behind <c>is</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<object?, Arguments, bool>> s_tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["number"] = (value, _) => value is bool or long or double,
        ["string"] = (value, _) => value is TemplateText,
        ["mapping"] = (value, _) => value is JinjaMap,
        ["sequence"] = (value, _) => value is TemplateText or JinjaList or JinjaMap or Undefined,
        ["iterable"] = (value, _) => value is TemplateText or JinjaList or JinjaMap or Undefined,
        ["callable"] = (value, _) => value is JinjaFunction or Undefined || value is LoopState { Recurse: not null },
        ["odd"] = (value, given) => Remainder(value, 2) == 1,
        ["even"] = (value, given) => Remainder(value, 2) == 0,
        ["divisibleby"] = (value, given) => Remainder(value, given.Integer(0, "num", 0)) == 0,
        ["lower"] = (value, given) => Printing.ToText(value, given.Budget).Value is var text && text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["upper"] = (value, given) => Printing.ToText(value, given.Budget).Value is var text && text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["sameas"] = (value, given) => given.Required(0, "other") is var other && (value is null || value is bool || value is long ? Equals(value, other) : ReferenceEquals(value, other)),
        ["in"] = (value, given) => Values.Contains(given.Required(0, "seq"), value, given.Budget),
        ["filter"] = (value, _) => value is TemplateText name && Filters.Find(name.Value) is not null,
        ["test"] = (value, _) => value is TemplateText name && Find(name.Value) is not null,
        ["escaped"] = (_, _) => false,
    };

    static Tests()
    {
        foreach (var (sign, names) in new (string, string[])[]
        {
            ("==", ["eq", "equalto", "=="]), ("!=", ["ne", "!="]), ("<", ["lt", "lessthan", "<"]), ("<=", ["le", "<="]),
            (">", ["gt", "greaterthan", ">"]), (">=", ["ge", ">="]),
        })
        {
            foreach (var name in names)
            {
                s_tests[name] = (value, given) => Comparison.Holds(value, sign, given.Required(0, "other"), given.Budget);
            }
        }
    }

    /// <summary>A test, or null where there is none of that name.</summary>
    public static Func<object?, Arguments, bool>? Find(string name) => s_tests.GetValueOrDefault(name);

    private static long Remainder(object? value, long by) => Arithmetic.Calculate(value, "%", by, new RenderBudget()) is long rest ? rest : -1;
}
