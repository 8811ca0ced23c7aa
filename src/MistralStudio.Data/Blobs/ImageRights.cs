using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Data.Blobs;

/// <summary>
/// Which images a person may put into a message: to know a hash is not to be allowed to see what it names. Those of the workspace's prompts, which
/// every member may read, and those of their own conversations.
/// </summary>
internal static class ImageRights
{
    /// <summary>Those of the images that the person may see.</summary>
    public static async Task<HashSet<string>> ListAsync(
        StudioDbContext context, WorkspaceId workspace, UserId person, IReadOnlyCollection<string> hashes, CancellationToken cancellationToken)
    {
        if (hashes.Count == 0)
        {
            return [];
        }

        var references = await context.BlobReferences.AsNoTracking()
            .Where(row => row.WorkspaceId == workspace && hashes.Contains(row.Sha256) && (row.Owner.StartsWith(IPromptImages.OwnerPrefix) || row.Owner.StartsWith(MessageImage.OwnerPrefix)))
            .Select(row => new { row.Sha256, row.Owner }).ToListAsync(cancellationToken);
        var named = references.Select(row => ConversationOf(row.Owner)).OfType<ConversationId>().Distinct().ToList();
        var own = await context.Conversations.Where(row => named.Contains(row.Id) && row.WorkspaceId == workspace && row.OwnerId == person.Value).Select(row => row.Id).ToHashSetAsync(cancellationToken);
        return references.Where(row => ConversationOf(row.Owner) is not { } conversation || own.Contains(conversation)).Select(row => row.Sha256).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Adds a reference of an owner to each of the images; fails, and adds none, where the author may not see one of them.</summary>
    public static async Task<Error?> ShareAsync(
        StudioDbContext context, WorkspaceId workspace, UserId author, string owner, IReadOnlyList<MessageImage> images, CancellationToken cancellationToken)
    {
        var seen = await ListAsync(context, workspace, author, [.. images.Select(image => image.Sha256)], cancellationToken);
        if (images.FirstOrDefault(image => !seen.Contains(image.Sha256)) is { } gone)
        {
            return PromptErrors.ImageGone(gone.Name);
        }

        context.BlobReferences.AddRange(images.Select(image => new BlobReferenceRow { WorkspaceId = workspace, Sha256 = image.Sha256, Owner = owner }));
        return null;
    }

    /// <summary>The conversation that owns a blob; null where something else does.</summary>
    public static ConversationId? ConversationOf(string owner) =>
        owner.StartsWith(MessageImage.OwnerPrefix, StringComparison.Ordinal) && ConversationId.TryParse(owner[MessageImage.OwnerPrefix.Length..], null, out var id) ? id : null;
}
