using MistralStudio.Core;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>A change of a definition, for those who watch it.</summary>
/// <param name="Revision">The number that the definition has by it; each is one more than the one before.</param>
/// <param name="By">Who made it.</param>
public sealed record FlowEdit(long Revision, FlowDelta Delta, string Name, object By);

/// <summary>
/// A definition that is edited: commands are done, undone and done again, by one person or by several, each of whom undoes what they did
/// themselves. Not for several threads at once.
/// </summary>
public sealed class FlowEditor(FlowDefinition definition)
{
    /// <summary>Steps of one person that can be undone.</summary>
    public const int MostSteps = 500;

    private readonly Dictionary<object, History> _histories = [];

    /// <summary>The definition as it is now.</summary>
    public FlowDefinition Definition { get; private set; } = definition;

    /// <summary>Rises by one with every change.</summary>
    public long Revision { get; private set; }

    /// <summary>Does something; null where it changes nothing.</summary>
    public Result<FlowEdit?> Do(FlowCommand command, object by)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(by);
        var after = command.Apply(Definition);
        if (!after.IsSuccess)
        {
            return after.Error;
        }

        var delta = FlowDelta.Between(Definition, after.Value);
        if (delta.IsEmpty)
        {
            return (FlowEdit?)null;
        }

        var history = HistoryOf(by);
        history.Undone.Clear();
        if (command.Together is { } together && history.Done.Last is { } last && last.Value.Together == together && last.Value.Revision == Revision)
        {
            // Nobody did anything in between: the two are one step.
            last.Value = last.Value with { Delta = FlowDelta.Between(last.Value.Delta.Reversed().Apply(Definition), after.Value), Revision = Revision + 1 };
        }
        else
        {
            history.Done.AddLast(new Step(command.Name, delta, command.Together, Revision + 1));
            if (history.Done.Count > MostSteps)
            {
                history.Done.RemoveFirst();
            }
        }

        return Take(after.Value, delta, command.Name, by);
    }

    /// <summary>Undoes the last thing that a person did.</summary>
    public Result<FlowEdit?> Undo(object by)
    {
        var history = HistoryOf(by);
        if (history.Done.Last is not { } last)
        {
            return EditErrors.NothingToUndo();
        }

        history.Done.RemoveLast();
        history.Undone.Push(last.Value);
        var delta = last.Value.Delta.Reversed();
        return Take(delta.Apply(Definition), delta, last.Value.Name, by);
    }

    /// <summary>Does again what a person undid last.</summary>
    public Result<FlowEdit?> Redo(object by)
    {
        var history = HistoryOf(by);
        if (!history.Undone.TryPop(out var step))
        {
            return EditErrors.NothingToUndo();
        }

        history.Done.AddLast(step with { Together = null });
        return Take(step.Delta.Apply(Definition), step.Delta, step.Name, by);
    }

    /// <summary>What a person would undo; null where there is nothing.</summary>
    public string? NextUndo(object by) => _histories.GetValueOrDefault(by)?.Done.Last?.Value.Name;

    /// <summary>What a person would do again; null where there is nothing.</summary>
    public string? NextRedo(object by) => _histories.GetValueOrDefault(by) is { Undone: { Count: > 0 } undone } ? undone.Peek().Name : null;

    /// <summary>Ends a step: what follows is undone by itself.</summary>
    public void Seal(object by)
    {
        if (_histories.GetValueOrDefault(by)?.Done.Last is { } last)
        {
            last.Value = last.Value with { Together = null };
        }
    }

    /// <summary>Forgets what a person could undo: they left.</summary>
    public void Forget(object by) => _histories.Remove(by);

    private FlowEdit Take(FlowDefinition after, FlowDelta delta, string name, object by)
    {
        Definition = after;
        return new FlowEdit(++Revision, delta, name, by);
    }

    private History HistoryOf(object by) => _histories.TryGetValue(by, out var history) ? history : _histories[by] = new History();

    private sealed record Step(string Name, FlowDelta Delta, string? Together, long Revision);

    private sealed class History
    {
        public LinkedList<Step> Done { get; } = [];

        public Stack<Step> Undone { get; } = [];
    }
}
