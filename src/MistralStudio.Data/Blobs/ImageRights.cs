using Microsoft.EntityFrameworkCore;
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

    /// <summary>The conversation that owns a blob; null where something else does.</summary>
    public static ConversationId? ConversationOf(string owner) =>
        owner.StartsWith(MessageImage.OwnerPrefix, StringComparison.Ordinal) && ConversationId.TryParse(owner[MessageImage.OwnerPrefix.Length..], null, out var id) ? id : null;
}
