using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Apps;

namespace MistralStudio.Data.Conversations;

internal sealed class ConversationRow
{
    public ConversationId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public Guid OwnerId { get; set; }

    public AppId? AppId { get; set; }

    public required string Title { get; set; }

    /// <summary>The title as search compares it.</summary>
    public required string NormalizedTitle { get; set; }

    public required string Model { get; set; }

    public required string Instructions { get; set; }

    /// <summary>JSON of the generation settings.</summary>
    public required string Settings { get; set; }

    /// <summary>JSON array of knowledge base ids.</summary>
    public required string Knowledge { get; set; }

    /// <summary>JSON of how much of them is read; null for the default.</summary>
    public string? Reading { get; set; }

    /// <summary>JSON array of the ids of every knowledge base ever among <see cref="Knowledge"/>.</summary>
    public string Heard { get; set; } = "[]";

    /// <summary>The first of the conversations side by side, where this is another of them.</summary>
    public ConversationId? BesideId { get; set; }

    /// <summary>JSON of the prompt in the making; null where there is none.</summary>
    public string? Draft { get; set; }

    public DateTimeOffset? SharedAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ConversationConfiguration : IEntityTypeConfiguration<ConversationRow>
{
    public void Configure(EntityTypeBuilder<ConversationRow> builder)
    {
        builder.ToTable("Conversations");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.HasIndex(row => new { row.WorkspaceId, row.OwnerId, row.AppId, row.UpdatedAt, row.Id });
        builder.HasIndex(row => row.BesideId);
        builder.HasOne<ConversationRow>().WithMany().HasForeignKey(row => row.BesideId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.OwnerId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<AppRow>().WithMany().HasForeignKey(row => row.AppId).OnDelete(DeleteBehavior.Cascade);
    }
}
