using MistralStudio.Core;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Something that a person does to a definition. Pure: it makes a new definition of one, or says why it cannot.</summary>
public abstract record FlowCommand
{
    /// <summary>What it is called where it can be undone; a stable word, whose text for people is kept elsewhere.</summary>
    public abstract string Name { get; }

    /// <summary>Commands right after each other with the same one are undone together, as the letters of a word are; null: never.</summary>
    public virtual string? Together => null;

    /// <summary>The definition afterwards.</summary>
    public abstract Result<FlowDefinition> Apply(FlowDefinition definition);
}

/// <summary>Puts another definition in the place of the present one: from its source, from a layout, from a version, from words.</summary>
/// <param name="Of">What it came from: <c>Source</c>, <c>Words</c>, <c>Version</c>.</param>
public sealed record ReplaceFlow(FlowDefinition Definition, string Of) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => Of;

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition) => Definition;
}

/// <summary>Says what a run is started with.</summary>
public sealed record SetInputs(IReadOnlyList<FlowInput> Inputs) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Inputs";

    /// <inheritdoc/>
    public override string? Together => "inputs";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition with { Inputs = Inputs };
    }
}

/// <summary>Puts a remark of the flow in a place of the list; null removes the one that is there.</summary>
/// <param name="Index">Which of them; their number for a new one.</param>
public sealed record SetNote(int Index, FlowNote? Note) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Note";

    /// <inheritdoc/>
    public override string? Together => Note is null ? null : $"note/{Index}";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (Index < 0 || Index > definition.Notes.Count || (Index == definition.Notes.Count && Note is null))
        {
            return EditErrors.NoSuchNote();
        }

        IEnumerable<FlowNote> put = Note is null ? [] : [Note];
        return definition with { Notes = [.. definition.Notes.Take(Index), .. put, .. definition.Notes.Skip(Index + 1)] };
    }
}
