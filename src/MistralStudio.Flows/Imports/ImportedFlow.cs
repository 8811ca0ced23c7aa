using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Imports;

/// <summary>Whose export a flow was read from.</summary>
public enum ImportSource
{
    Dify,
    Flowise,
    Langflow,
}

/// <summary>What became of a part of an export.</summary>
public enum ImportOutcome
{
    /// <summary>It is here, and does the same.</summary>
    Carried,

    /// <summary>It is here, and a person has to look at it: the remark says why.</summary>
    Changed,

    /// <summary>It is not here: the remark says why.</summary>
    Left,
}

/// <summary>What became of one part of an export.</summary>
/// <param name="Part">Its name there.</param>
/// <param name="Kind">What it was there: <c>llm</c>, <c>tool</c>, <c>customNode conversationChain</c>.</param>
/// <param name="Node">Id of the node that it became; null where there is none.</param>
/// <param name="Remark">What a person should know of it; empty where it does the same.</param>
public sealed record ImportRemark(string Part, string Kind, ImportOutcome Outcome, string? Node, string Remark);

/// <summary>
/// A flow of another tool as a draft. It is inert: nothing in it was connected, called or started, no key came along, and what has no
/// counterpart here is a node of an unknown type, so that it does not compile before a person put something in its place.
/// </summary>
/// <param name="Name">What it was called there.</param>
public sealed record ImportedFlow(ImportSource Source, string Name, FlowDefinition Draft, IReadOnlyList<ImportRemark> Report)
{
    /// <summary>Parts that have a counterpart here, among those that do something.</summary>
    public int Carried => Report.Count(part => part.Outcome != ImportOutcome.Left);
}
