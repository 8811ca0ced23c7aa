using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Knowledge;

internal sealed class SourceRow
{
    public SourceId Id { get; set; }

    public KnowledgeBaseId KnowledgeBaseId { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public SourceKind Kind { get; set; }

    public required string Location { get; set; }

    public int Depth { get; set; }

    public int MaxItems { get; set; }

    public string? Schedule { get; set; }

    public bool IsSyncing { get; set; }

    public DateTimeOffset? LastSyncAt { get; set; }

    public DateTimeOffset? NextSyncAt { get; set; }

    /// <summary>JSON of <see cref="SyncReport"/>; null before the first reading.</summary>
    public string? LastReport { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public Guid? AddedBy { get; set; }
}

internal sealed class SourceConfiguration : IEntityTypeConfiguration<SourceRow>
{
    public void Configure(EntityTypeBuilder<SourceRow> builder)
    {
        builder.ToTable("Sources");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.HasIndex(row => new { row.KnowledgeBaseId, row.CreatedAt });
        builder.HasIndex(row => new { row.IsSyncing, row.NextSyncAt });
        builder.HasOne<KnowledgeBaseRow>().WithMany().HasForeignKey(row => row.KnowledgeBaseId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.AddedBy).OnDelete(DeleteBehavior.SetNull);
    }
}
