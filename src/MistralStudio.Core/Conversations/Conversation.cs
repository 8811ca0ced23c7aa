using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Conversations;

/// <summary>Who speaks.</summary>
public enum MessageRole
{
    /// <summary>The author of the prompt or app.</summary>
    System,

    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>How a message ended.</summary>
public enum MessageState
{
    /// <summary>Whole.</summary>
    Complete,

    /// <summary>The person stopped it, or closed the page.</summary>
    Stopped,

    /// <summary>It ended with <see cref="Message.Error"/>.</summary>
    Failed,
}

/// <summary>A conversation with a model.</summary>
/// <param name="Owner">Whose it is; others do not see it.</param>
/// <param name="App">The app it belongs to; null in the playground.</param>
/// <param name="Model">The model reference last used.</param>
/// <param name="Knowledge">Knowledge bases that the next question is looked up in.</param>
public sealed record Conversation(
    ConversationId Id,
    WorkspaceId Workspace,
    UserId Owner,
    AppId? App,
    string Title,
    string Model,
    string Instructions,
    GenerationSettings Settings,
    IReadOnlyList<KnowledgeBaseId> Knowledge,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>How much of <see cref="Knowledge"/> is read.</summary>
    public KnowledgeReading Reading { get; init; } = KnowledgeReading.Default;

    /// <summary>The first of the conversations side by side, where this is one of the others; null where it stands by itself.</summary>
    public ConversationId? Beside { get; init; }

    /// <summary>The prompt in the making; null where nothing was drafted, as in every app.</summary>
    public ConversationDraft? Draft { get; init; }

    /// <summary>Since when members of the workspace may read it; null where it is its owner's alone.</summary>
    public DateTimeOffset? SharedAt { get; init; }

    /// <summary>Every knowledge base whose words earlier answers may hold, also those that were taken out since.</summary>
    public IReadOnlyList<KnowledgeBaseId> Heard { get; init; } = [];
}

/// <summary>One message; messages with the same parent are siblings (a regenerated answer stands beside the first).</summary>
public sealed record Message
{
    public required MessageId Id { get; init; }

    public required ConversationId Conversation { get; init; }

    /// <summary>The message it answers or follows; null for the first.</summary>
    public MessageId? Parent { get; init; }

    public required MessageRole Role { get; init; }

    public required string Text { get; init; }

    /// <summary>Images that a person showed with it, in order.</summary>
    public IReadOnlyList<MessageImage> Images { get; init; } = [];

    public MessageState State { get; init; } = MessageState.Complete;

    /// <summary>The model reference that wrote it; null for a person's.</summary>
    public string? Model { get; init; }

    public TokenUsage? Usage { get; init; }

    public TurnTimings? Timings { get; init; }

    public IReadOnlyList<Citation> Citations { get; init; } = [];

    /// <summary>Passages that the model was given, best first; empty where nothing was looked up.</summary>
    public IReadOnlyList<GivenPassage> Given { get; init; } = [];

    /// <summary>Calls of tools inside an answer, in order.</summary>
    public IReadOnlyList<ToolUse> Tools { get; init; } = [];

    /// <summary>Whether an answer follows its schema; null where it had none.</summary>
    public AnswerCheck? Check { get; init; }

    /// <summary>How sure the model was of each piece of an answer; empty where nobody asked.</summary>
    public IReadOnlyList<TokenConfidence> Confidence { get; init; } = [];

    /// <summary>What the person thought of it; null where they did not say.</summary>
    public AnswerFeedback? Feedback { get; init; }

    public Error? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
