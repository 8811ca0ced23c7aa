namespace MistralStudio.Core.Schemas;

/// <summary>
/// What a compilation may cost. Schemas and expressions come from anyone; the exponential ones are stopped by what they have spent, not by
/// a guess at their shape.
/// </summary>
internal sealed class WorkLimit
{
    /// <summary>Steps of automaton construction; about half a second.</summary>
    public const long DefaultSteps = 30_000_000;

    /// <summary>States of all automata of one grammar together.</summary>
    public const int MostStates = 60_000;

    private long _steps = DefaultSteps;
    private int _states = MostStates;

    /// <exception cref="SchemaException">It was spent.</exception>
    public void Spend(long steps)
    {
        _steps -= steps;
        if (_steps < 0)
        {
            throw new SchemaException(SchemaErrors.TooLarge("its automata are too costly to build"));
        }
    }

    /// <exception cref="SchemaException">There are too many.</exception>
    public void AddStates(int count)
    {
        _states -= count;
        if (_states < 0)
        {
            throw new SchemaException(SchemaErrors.TooLarge($"its automata have more than {MostStates:N0} states"));
        }
    }
}
