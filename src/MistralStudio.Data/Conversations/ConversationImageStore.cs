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
        name = Label(name);
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
        var named = owned.Select(row => ConversationOf(row.Owner)).OfType<ConversationId>().Distinct().ToList();
        var there = await context.Conversations.Where(row => named.Contains(row.Id)).Select(row => row.Id).ToHashSetAsync(cancellationToken);
        foreach (var reference in owned.Where(row => ConversationOf(row.Owner) is not { } id || !there.Contains(id)))
        {
            await blobs.ReleaseAsync(reference.WorkspaceId, reference.Sha256, reference.Owner, cancellationToken);
        }

        static ConversationId? ConversationOf(string owner) => ConversationId.TryParse(owner[MessageImage.OwnerPrefix.Length..], null, out var id) ? id : null;
    }

    /// <summary>Lets a copy of a conversation have the images of its messages too; the bytes are there already.</summary>
    internal static async Task ShareAsync(StudioDbContext context, WorkspaceId workspace, ConversationId copy, IEnumerable<Message> messages, CancellationToken cancellationToken)
    {
        var hashes = messages.SelectMany(message => message.Images).Select(image => image.Sha256).Distinct(StringComparer.Ordinal).ToList();
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
        context.Messages.AnyAsync(
            message => message.Images != null && message.Images.Contains(sha256)
                && context.Conversations.Any(row => row.Id == message.ConversationId && (row.Id == conversation || row.BesideId == conversation)),
            cancellationToken);

    private static string Label(string name)
    {
        var shown = new string([.. name.Where(c => !char.IsControl(c))]).Trim();
        return shown.Length <= MessageImage.NameLength ? shown : shown[..MessageImage.NameLength];
    }
}
