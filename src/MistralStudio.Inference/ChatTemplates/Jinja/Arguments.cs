namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>What a function, filter, test or macro is called with.</summary>
internal sealed class Arguments(string callee, Scope scope, IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>> named)
{
    /// <summary>No arguments.</summary>
    public static Arguments None(string callee, Scope scope) => new(callee, scope, [], []);

    public Scope Scope { get; } = scope;

    public RenderBudget Budget => Scope.Budget;

    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Named { get; } = named;

    /// <summary>The argument at a place or of a name; false where neither is given.</summary>
    public bool TryGet(int index, string name, out object? value)
    {
        if (index < Positional.Count)
        {
            value = Positional[index];
            return true;
        }

        foreach (var (key, given) in Named)
        {
            if (key == name)
            {
                value = given;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>The argument at a place or of a name.</summary>
    /// <exception cref="JinjaException">Neither is given.</exception>
    public object? Required(int index, string name) =>
        TryGet(index, name, out var value) ? value : throw Values.TypeError($"{callee}() missing 1 required positional argument: '{name}'");

    /// <summary>A text.</summary>
    /// <exception cref="JinjaException">It is missing or none.</exception>
    public TemplateText Text(int index, string name) => Required(index, name) as TemplateText
        ?? throw Values.TypeError($"{callee}() argument '{name}' must be str, not {Values.TypeName(Required(index, name))}");

    /// <summary>A text, or null where none is given.</summary>
    public TemplateText? OptionalText(int index, string name) => TryGet(index, name, out var value) && value is not null ? Text(index, name) : null;

    /// <summary>A whole number, or the default where none is given.</summary>
    /// <exception cref="JinjaException">It is no number.</exception>
    public long Integer(int index, string name, long otherwise) => !TryGet(index, name, out var value) || value is null
        ? otherwise
        : Values.AsInteger(value) ?? throw Values.TypeError($"'{Values.TypeName(value)}' object cannot be interpreted as an integer");

    /// <summary>A truth value, or the default where none is given.</summary>
    public bool Flag(int index, string name, bool otherwise) => TryGet(index, name, out var value) ? Values.IsTrue(value) : otherwise;

    /// <summary>The arguments behind the first so many places.</summary>
    public Arguments Skip(string inner, int count) => new(inner, Scope, [.. Positional.Skip(count)], Named);

    /// <summary>The arguments behind a value that a filter or test is applied to.</summary>
    public Arguments Before(object? value) => new(callee, Scope, [value, .. Positional], Named);
}
