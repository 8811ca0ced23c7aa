using System.Text.Json;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Models;

/// <summary>Lets a model write one text, for rooms that know no models: outside of any run, conversation or knowledge base.</summary>
public interface IModelWriter
{
    /// <summary>Asks once. Fails where there is no such model, it may not be asked for this workspace, or it fails.</summary>
    Task<Result<WrittenText>> WriteAsync(WritingTask task, CancellationToken cancellationToken);
}

/// <summary>What a model is to write.</summary>
/// <param name="System">What it is, and how it should write.</param>
/// <param name="Turns">What is asked, what it wrote, what is asked then: oldest first, the last one asks.</param>
public sealed record WritingTask(WorkspaceId Workspace, ModelReference Model, string System, IReadOnlyList<WritingTurn> Turns)
{
    /// <summary>JSON Schema that the text has to follow; null for words. A model that cannot be held to it is told of it.</summary>
    public JsonElement? Schema { get; init; }

    /// <summary>Most tokens of the text.</summary>
    public int MostTokens { get; init; } = 4_096;

    /// <summary>Takes the next piece of the text while it grows; null for nobody.</summary>
    public Action<string>? OnText { get; init; }

    /// <summary>Whose turn it is where several wait for a model of this machine; null for nobody's.</summary>
    public string? Client { get; init; }
}

/// <summary>One turn.</summary>
/// <param name="IsModel">True for what the model wrote, false for what it was asked.</param>
public sealed record WritingTurn(bool IsModel, string Text);

/// <summary>What a model wrote.</summary>
/// <param name="IsCut">True where its tokens were over before its text was, or it said the same over and over and was stopped.</param>
public sealed record WrittenText(string Text, bool IsCut, long InputTokens, long OutputTokens);
