using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Conversations;

/// <summary>
/// A conversation that its owner shows to the members of its workspace, as one of them sees it: texts and numbers; of the knowledge behind it only
/// what the reader may see themselves.
/// </summary>
/// <param name="OwnerName">Who shares it.</param>
/// <param name="Columns">The conversation, then those beside it.</param>
/// <param name="Hidden">Passages that were left out because they are of knowledge that the reader may not see.</param>
public sealed record SharedConversation(string OwnerName, IReadOnlyList<SharedColumn> Columns, int Hidden)
{
    /// <summary>The conversation itself.</summary>
    public Conversation Lead => Columns[0].Conversation;
}

/// <summary>One conversation with all its messages, oldest first.</summary>
public sealed record SharedColumn(Conversation Conversation, IReadOnlyList<Message> Messages)
{
    /// <summary>Answers that show no quotation because some were left out: whether they rest on something is not for this reader to see.</summary>
    public IReadOnlySet<MessageId> Bare { get; init; } = new HashSet<MessageId>();
}
