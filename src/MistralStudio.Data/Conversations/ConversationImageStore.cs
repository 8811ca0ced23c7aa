using Microsoft.EntityFrameworkCore;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Data.Blobs;

namespace MistralStudio.Data.Conversations;

/// <inheritdoc cref="IConversationImages"/>
internal sealed class ConversationImageStore(IDbContextFactory<StudioDbContext> contexts, IBlobStore blobs) : IConversationImages
{
    public async Task<Result<MessageImage>> AddAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, ReadOnlyMemory<byte> bytes, string name, CancellationToken cancellationToken)
    {
        name = MessageImage.Label(name);
        var found = ImageRules.Check(bytes.Span, name);
        if (!found.IsSuccess)
        {
            return found.Error;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await Leads(context, workspace, conversation).AnyAsync(row => row.OwnerId == owner.Value, cancellationToken))
        {
            return ImageErrors.Gone();
        }

        if (await References(context, workspace, conversation).CountAsync(cancellationToken) >= ImageRules.MostInConversation)
        {
            return ImageErrors.ConversationFull();
        }

        using var content = new MemoryStream(bytes.ToArray(), writable: false);
        var stored = await blobs.PutAsync(workspace, MessageImage.OwnerOf(conversation), content, ImageRules.MostBytes, cancellationToken);
        return stored.Match<Result<MessageImage>>(
            blob => new MessageImage(blob.Sha256, found.Value.MediaType, found.Value.Width, found.Value.Height, blob.Bytes, name), error => error);
    }

    public async Task<Result<Unit>> AdoptAsync(
        WorkspaceId workspace, UserId owner, ConversationId conversation, IReadOnlyList<MessageImage> images, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await Leads(context, workspace, conversation).AnyAsync(row => row.OwnerId == owner.Value, cancellationToken))
        {
            return ImageErrors.Gone();
        }

        var kept = await References(context, workspace, conversation).Select(row => row.Sha256).ToHashSetAsync(cancellationToken);
        var added = images.Select(image => image.Sha256).Where(sha256 => !kept.Contains(sha256)).Distinct(StringComparer.Ordinal).ToList();
        if (kept.Count + added.Count > ImageRules.MostInConversation)
        {
            return ImageErrors.ConversationFull();
        }

        var seen = await ImageRights.ListAsync(context, workspace, owner, added, cancellationToken);
        if (!added.TrueForAll(seen.Contains))
        {
            return ImageErrors.Gone();
        }

        context.BlobReferences.AddRange(added.Select(sha256 => new BlobReferenceRow { WorkspaceId = workspace, Sha256 = sha256, Owner = MessageImage.OwnerOf(conversation) }));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return default(Unit);
    }

    public async Task<Stream?> OpenAsync(WorkspaceId workspace, UserId reader, ConversationId conversation, string sha256, CancellationToken cancellationToken)
    {
        if (!MessageImage.IsHash(sha256))
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var lead = await Leads(context, workspace, conversation).AsNoTracking()
            .Where(_ => References(context, workspace, conversation).Any(reference => reference.Sha256 == sha256))
            .Select(row => new { row.OwnerId, row.SharedAt, row.AppId }).FirstOrDefaultAsync(cancellationToken);
        var may = lead is not null
            && (lead.OwnerId == reader.Value || (lead is { SharedAt: not null, AppId: null } && await IsShownAsync(context, conversation, sha256, cancellationToken)));
        return may ? await blobs.OpenAsync(workspace, sha256, cancellationToken) : null;
    }

    public async Task DropAsync(WorkspaceId workspace, UserId owner, ConversationId conversation, string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (MessageImage.IsHash(sha256)
            && await Leads(context, workspace, conversation).AnyAsync(row => row.OwnerId == owner.Value, cancellationToken)
            && !await IsShownAsync(context, conversation, sha256, cancellationToken))
        {
            await blobs.ReleaseAsync(workspace, sha256, MessageImage.OwnerOf(conversation), cancellationToken);
        }
    }

    public async Task DropLeftAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var owned = await context.BlobReferences.AsNoTracking().Where(row => row.Owner.StartsWith(MessageImage.OwnerPrefix)).ToListAsync(cancellationToken);
        var named = owned.Select(row => ImageRights.ConversationOf(row.Owner)).OfType<ConversationId>().Distinct().ToList();
        var there = await context.Conversations.Where(row => named.Contains(row.Id)).Select(row => row.Id).ToHashSetAsync(cancellationToken);
        foreach (var reference in owned.Where(row => ImageRights.ConversationOf(row.Owner) is not { } id || !there.Contains(id)))
        {
            await blobs.ReleaseAsync(reference.WorkspaceId, reference.Sha256, reference.Owner, cancellationToken);
        }
    }

    /// <summary>Lets a copy of a conversation have the images of its messages and its draft too; the bytes are there already.</summary>
    internal static async Task ShareAsync(StudioDbContext context, WorkspaceId workspace, ConversationId copy, SharedConversation shared, CancellationToken cancellationToken)
    {
        var hashes = shared.Columns.SelectMany(column => column.Messages).SelectMany(message => message.Images).Concat(shared.Lead.Draft?.Content.Images ?? []).Select(image => image.Sha256).Distinct(StringComparer.Ordinal).ToList();
        var present = await context.Blobs.Where(row => row.WorkspaceId == workspace && hashes.Contains(row.Sha256)).Select(row => row.Sha256).ToListAsync(cancellationToken);
        context.BlobReferences.AddRange(present.Select(sha256 => new BlobReferenceRow { WorkspaceId = workspace, Sha256 = sha256, Owner = MessageImage.OwnerOf(copy) }));
    }

    private static IQueryable<ConversationRow> Leads(StudioDbContext context, WorkspaceId workspace, ConversationId id) =>
        context.Conversations.Where(row => row.Id == id && row.WorkspaceId == workspace && row.BesideId == null);

    private static IQueryable<BlobReferenceRow> References(StudioDbContext context, WorkspaceId workspace, ConversationId conversation)
    {
        var owner = MessageImage.OwnerOf(conversation);
        return context.BlobReferences.Where(row => row.WorkspaceId == workspace && row.Owner == owner);
    }

    // A hash has no characters that LIKE or JSON would read as something else.
    private static Task<bool> IsShownAsync(StudioDbContext context, ConversationId conversation, string sha256, CancellationToken cancellationToken) =>
        context.Conversations.AnyAsync(
            row => (row.Id == conversation && row.Draft != null && row.Draft.Contains(sha256))
                || ((row.Id == conversation || row.BesideId == conversation)
                    && context.Messages.Any(message => message.ConversationId == row.Id && message.Images != null && message.Images.Contains(sha256))),
            cancellationToken);
}
