using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Blobs;

namespace MistralStudio.Data.Prompts;

/// <summary>Keeps the images of prompts. After a start it drops what a process that was killed left behind.</summary>
internal sealed partial class PromptImages(IDbContextFactory<StudioDbContext> contexts, IBlobStore blobs, ILogger<PromptImages> log) : BackgroundService, IPromptImages
{
    public async Task<Stream?> OpenAsync(WorkspaceId workspace, PromptId prompt, string sha256, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return MessageImage.IsHash(sha256)
            && await References(context, workspace, prompt).AnyAsync(row => row.Sha256 == sha256, cancellationToken)
            && await context.Prompts.AnyAsync(row => row.Id == prompt && row.WorkspaceId == workspace, cancellationToken)
                ? await blobs.OpenAsync(workspace, sha256, cancellationToken)
                : null;
    }

    /// <summary>Keeps the bytes that came with a content; what no version has in the end <see cref="SettleAsync"/> drops.</summary>
    public async Task<Error?> PutAsync(WorkspaceId workspace, PromptId prompt, PromptContent content, CancellationToken cancellationToken)
    {
        foreach (var (sha256, bytes) in content.Attached.Where(one => content.Images.Any(image => image.Sha256 == one.Key)))
        {
            using var stream = new MemoryStream(bytes.ToArray(), writable: false);
            var stored = await blobs.PutAsync(workspace, IPromptImages.OwnerOf(prompt), stream, ImageRules.MostBytes, cancellationToken);
            if (!stored.IsSuccess)
            {
                return stored.Error;
            }

            if (stored.Value.Sha256 != sha256)
            {
                throw new InvalidOperationException("The bytes of an image are not those that its hash names.");
            }
        }

        return null;
    }

    /// <summary>Lets a prompt have the images of a version that is about to be committed; fails where the author may not see one of them.</summary>
    public static async Task<Error?> ShareAsync(
        StudioDbContext context, WorkspaceId workspace, PromptId prompt, PromptContent content, UserId author, CancellationToken cancellationToken)
    {
        var images = content.Images.ToList();
        if (images.Count == 0)
        {
            return null;
        }

        var kept = (await References(context, workspace, prompt).Select(row => row.Sha256).ToListAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
        return await ImageRights.ShareAsync(
            context, workspace, author, IPromptImages.OwnerOf(prompt), [.. images.Where(image => !kept.Contains(image.Sha256))], cancellationToken);
    }

    /// <summary>Drops the images of a prompt that none of its versions has (any more).</summary>
    public async Task SettleAsync(WorkspaceId workspace, PromptId prompt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var sha256 in await References(context, workspace, prompt).Select(row => row.Sha256).ToListAsync(cancellationToken))
        {
            // A hash has no characters that LIKE or JSON would read as something else.
            if (!await context.PromptVersions.AnyAsync(row => row.PromptId == prompt && row.Content.Contains(sha256), cancellationToken))
            {
                await blobs.ReleaseAsync(workspace, sha256, IPromptImages.OwnerOf(prompt), cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host starts without waiting for this.
        await Task.Yield();
        try
        {
            await using var context = await contexts.CreateDbContextAsync(stoppingToken);
            var owners = await context.BlobReferences.AsNoTracking().Where(row => row.Owner.StartsWith(IPromptImages.OwnerPrefix))
                .Select(row => new { row.WorkspaceId, row.Owner }).Distinct().ToListAsync(stoppingToken);
            foreach (var owner in owners)
            {
                if (PromptId.TryParse(owner.Owner[IPromptImages.OwnerPrefix.Length..], null, out var prompt))
                {
                    await SettleAsync(owner.WorkspaceId, prompt, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is found by the next start.
        }
        catch (Exception failed)
        {
            Failed(failed);
        }
    }

    private static IQueryable<BlobReferenceRow> References(StudioDbContext context, WorkspaceId workspace, PromptId prompt)
    {
        var owner = IPromptImages.OwnerOf(prompt);
        return context.BlobReferences.Where(row => row.WorkspaceId == workspace && row.Owner == owner);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Images that no prompt has could not be dropped; the next start tries again.")]
    private partial void Failed(Exception exception);
}
