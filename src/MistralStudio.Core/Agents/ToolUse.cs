using MistralStudio.Core.Ids;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Core.Agents;

/// <summary>Where a call of a tool stands.</summary>
public enum ToolUseState
{
    /// <summary>The model wants it; nobody has decided yet.</summary>
    Asked,

    /// <summary>It may be made, and is being made.</summary>
    Running,

    /// <summary>It gave a result.</summary>
    Answered,

    /// <summary>It was not made or failed: <see cref="ToolUse.Error"/> says why.</summary>
    Failed,

    /// <summary>It was made and did not answer in time.</summary>
    TimedOut,

    /// <summary>A person refused it.</summary>
    Refused,
}

/// <summary>One call of a tool inside an answer, as the conversation keeps it.</summary>
public sealed record ToolUse
{
    /// <summary>By which the model knows it.</summary>
    public required string Id { get; init; }

    /// <summary>The tool's name.</summary>
    public required string Tool { get; init; }

    /// <summary>The arguments that it was made with, JSON text: the model's, or those that a person wrote in their place.</summary>
    public required string Arguments { get; init; }

    /// <summary>What the model wrote, where a person changed it; null where nobody did.</summary>
    public string? Wanted { get; init; }

    /// <summary>Calls of one answer of the model have the same number; from 1.</summary>
    public required int Round { get; init; }

    /// <summary>Characters of the answer's text that were there before it.</summary>
    public required int At { get; init; }

    public required ToolUseState State { get; init; }

    /// <summary>What it gave, cut where it was too long; null where it gave nothing.</summary>
    public string? Result { get; init; }

    /// <summary>True where a person wrote the result.</summary>
    public bool ByHand { get; init; }

    /// <summary>What the person who refused it said; null where nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Why it was not made, failed, or was not waited for; null where it was answered.</summary>
    public Error? Error { get; init; }

    /// <summary>Knowledge bases whose words are in its result, as far as it is known; null for none.</summary>
    public IReadOnlyList<KnowledgeBaseId>? Heard { get; init; }

    /// <summary>The run that it made, where it called a flow; null where it did not, or where the run was not waited for.</summary>
    public RunId? Run { get; init; }

    /// <summary>How long it took, ms, without the time that a person thought about it.</summary>
    public double Ms { get; init; }

    /// <summary>True where it has come to its end.</summary>
    public bool IsOver => State is not (ToolUseState.Asked or ToolUseState.Running);
}

/// <summary>Whether an answer follows the schema that it was asked to follow.</summary>
/// <param name="Schema">The schema's name.</param>
/// <param name="Violations">Where it does not, by JSON pointer; none where it does.</param>
/// <param name="Error">Why it could not be compared at all: it is no JSON, or was cut; null where it could.</param>
public sealed record AnswerCheck(string Schema, IReadOnlyList<SchemaViolation> Violations, Error? Error = null)
{
    /// <summary>True where the answer follows its schema.</summary>
    public bool Follows => Error is null && Violations.Count == 0;
}

/// <summary>How sure the model was of a piece of its answer, and what it would have said instead.</summary>
/// <param name="Text">A token's text, or that of several that are whole characters only together.</param>
/// <param name="Probability">Of the least likely of them, 0 to 1.</param>
/// <param name="Others">The likeliest tokens at its place, the likeliest first, the chosen one among them.</param>
public sealed record TokenConfidence(string Text, float Probability, IReadOnlyList<TokenAlternative> Others);

/// <summary>A token that could have come.</summary>
/// <param name="Probability">0 to 1.</param>
public sealed record TokenAlternative(string Text, float Probability);
