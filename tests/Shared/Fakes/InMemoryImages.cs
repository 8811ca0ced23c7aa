using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Images of conversations whose owner is whoever asks.</summary>
public sealed class InMemoryImages(InMemoryBlobs blobs) : IConversationImages
{
    private readonly HashSet<(ConversationId Conversation, string Sha256)> _kept = [];

    /// <summary>Images that conversations took over from elsewhere.</summary>
    public List<(ConversationId Conversation, string Sha256)> Adopted { get; } = [];

    /// <summary>Hashes that were dropped.</summary>
    public List<string> Dropped { get; } = [];

    /// <inheritdoc/>
    public async Task<Result<MessageImage>> AddAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, ReadOnlyMemory<byte> bytes, string name, CancellationToken cancellationToken)
    {
        var shape = ImageRules.Check(bytes.Span, name);
        if (!shape.IsSuccess)
        {
            return shape.Error;
        }

        var stored = (await blobs.PutAsync(workspace, MessageImage.OwnerOf(conversation), new MemoryStream(bytes.ToArray()), ImageRules.MostBytes, cancellationToken)).Value;
        _kept.Add((conversation, stored.Sha256));
        return new MessageImage(stored.Sha256, shape.Value.MediaType, shape.Value.Width, shape.Value.Height, stored.Bytes, name);
    }

    /// <inheritdoc/>
    public Task<Result<Unit>> AdoptAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<MessageImage> images, CancellationToken cancellationToken)
    {
        Adopted.AddRange(images.Select(image => (conversation, image.Sha256)));
        _kept.UnionWith(images.Select(image => (conversation, image.Sha256)));
        return Task.FromResult<Result<Unit>>(default(Unit));
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(WorkspaceId workspace, UserId reader, ConversationId conversation, string sha256, CancellationToken cancellationToken) =>
        _kept.Contains((conversation, sha256)) ? blobs.OpenAsync(workspace, sha256, cancellationToken) : Task.FromResult<Stream?>(null);

    /// <inheritdoc/>
    public Task DropAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, string sha256, CancellationToken cancellationToken)
    {
        Dropped.Add(sha256);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DropLeftAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
