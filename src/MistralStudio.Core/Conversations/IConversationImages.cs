using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Conversations;

/// <summary>
/// The images that people show to models: blobs of a conversation, which go with it. Of conversations side by side the first has those of all; ids
/// here are of that first one.
/// </summary>
public interface IConversationImages
{
    /// <summary>Keeps an image. What it is is told by its bytes; fails for what is no image or too large, and where the conversation has too many or is not this person's.</summary>
    /// <param name="name">What it is called; a label only.</param>
    Task<Result<MessageImage>> AddAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, ReadOnlyMemory<byte> bytes, string name, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a conversation have images of prompts of its workspace, or of this person's other conversations, too. Fails where one is not theirs to
    /// see, and where the conversation has too many or is not this person's.
    /// </summary>
    Task<Result<Unit>> AdoptAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<MessageImage> images, CancellationToken cancellationToken);

    /// <summary>
    /// Opens an image for somebody: for the conversation's owner, and where it is shared for members of the workspace once a message or its prompt has it. Null
    /// for everybody else.
    /// </summary>
    Task<Stream?> OpenAsync(WorkspaceId workspace, UserId reader, ConversationId conversation, string sha256, CancellationToken cancellationToken);

    /// <summary>Drops an image that was taken out again, where no message of the conversation and no message of its prompt has it.</summary>
    Task DropAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, string sha256, CancellationToken cancellationToken);

    /// <summary>Drops the images of conversations that are gone, in whatever way.</summary>
    Task DropLeftAsync(CancellationToken cancellationToken);
}
