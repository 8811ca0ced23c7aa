using System.Collections.ObjectModel;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Agents;

/// <summary>One question to a model, with what it may know.</summary>
public sealed record AgentTurn
{
    /// <summary>Where it runs; models and knowledge are looked up here.</summary>
    public required WorkspaceId Workspace { get; init; }

    /// <summary>The person who asks, whose conversations' files may be among <see cref="Knowledge"/>; null where none are.</summary>
    public UserId? Reader { get; init; }

    /// <summary>The person in whose name tools are called; null for the studio itself.</summary>
    public UserId? Asker { get; init; }

    /// <summary>The model asked.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>System prompt of the author; empty where there is none.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>The conversation so far; the last one is the question, from the user.</summary>
    public required IReadOnlyList<TurnMessage> Messages { get; init; }

    /// <summary>Knowledge bases to look the question up in; empty for a plain chat.</summary>
    public IReadOnlyList<KnowledgeBaseId> Knowledge { get; init; } = [];

    /// <summary>How much of <see cref="Knowledge"/> is read.</summary>
    public KnowledgeReading Reading { get; init; } = KnowledgeReading.Default;

    /// <summary>Knowledge bases whose words earlier answers of the conversation may hold; they keep their data class here.</summary>
    public IReadOnlyList<KnowledgeBaseId> Heard { get; init; } = [];

    /// <summary>How many runs of flows stand above it; see <see cref="ChatOptionKeys.Depth"/>.</summary>
    public int Depth { get; init; }

    /// <summary>How the answer is drawn.</summary>
    public GenerationSettings Settings { get; init; } = GenerationSettings.Default;

    /// <summary>Tools that the model may call, by names that differ.</summary>
    public IReadOnlyList<PromptTool> Tools { get; init; } = [];

    /// <summary>How long it works with them.</summary>
    public ToolLimits Limits { get; init; } = ToolLimits.Default;

    /// <summary>Who decides about calls; null: nobody is there, tools without effect are called and all others refused.</summary>
    public IToolDesk? Desk { get; init; }

    /// <summary>Values of variables, where <see cref="Model"/> is a saved prompt or an app over one.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The form of the answer; null for words.</summary>
    public PromptSchema? Answer { get; init; }

    /// <summary>How many of the likeliest tokens are told beside each one, 0 to 20; null: nothing is told of likelihood.</summary>
    public int? Alternatives { get; init; }
}

/// <summary>A message as the model sees it: hostile text, tokenised with control tokens as plain text.</summary>
public sealed record TurnMessage(MessageRole Role, string Text)
{
    /// <summary>Calls of tools inside an answer, in order.</summary>
    public IReadOnlyList<ToolUse> Tools { get; init; } = [];

    /// <summary>Images of a person's message. Whoever makes the turn has seen that they are the reader's to show: here they are opened by their hash alone.</summary>
    public IReadOnlyList<MessageImage> Images { get; init; } = [];
}
