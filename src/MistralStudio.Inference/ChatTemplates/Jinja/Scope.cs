namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>
/// Variables of one block, by the number that the parser gave each name. A name that a block does not set is looked up in the block around it;
/// what a block sets ends with it.
/// </summary>
internal sealed class Scope(Scope? outer, Rendering rendering)
{
    private int[] _names = [];
    private object?[] _values = [];
    private int _count;
    private bool _isKept;

    /// <summary>What this rendering knows and may cost.</summary>
    public Rendering Rendering { get; } = rendering;

    public RenderBudget Budget => Rendering.Budget;

    /// <summary>Sets a variable of this block.</summary>
    public void Set(int name, object? value)
    {
        var at = Array.IndexOf(_names, name, 0, _count);
        if (at < 0)
        {
            if (_count == _names.Length)
            {
                Array.Resize(ref _names, Math.Max(4, _count * 2));
                Array.Resize(ref _values, _names.Length);
            }

            at = _count++;
            _names[at] = name;
        }

        _values[at] = value;
    }

    /// <summary>The value of a variable here or around; false where nobody set it.</summary>
    public bool TryGet(int name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._count > 0 && Array.IndexOf(scope._names, name, 0, scope._count) is >= 0 and var at)
            {
                value = scope._values[at];
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <summary>This block for its next round, without variables.</summary>
    public Scope NextRound()
    {
        if (_isKept)
        {
            return new Scope(Outer, Rendering);
        }

        _count = 0;
        return this;
    }

    /// <summary>Says that a macro was defined here, which sees this round's variables even after the round.</summary>
    public void Keep()
    {
        for (var scope = this; scope is { _isKept: false }; scope = scope.Outer)
        {
            scope._isKept = true;
        }
    }

    private Scope? Outer { get; } = outer;
}

/// <summary>One rendering of a template.</summary>
/// <param name="Budget">What it may cost.</param>
/// <param name="Now">The moment that <c>strftime_now</c> tells.</param>
internal sealed record Rendering(RenderBudget Budget, DateTimeOffset Now);
