using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Knowledge;

internal sealed class KnowledgeBaseRow
{
    public KnowledgeBaseId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as search compares it.</summary>
    public required string NormalizedName { get; set; }

    public required string EmbeddingModel { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public Guid? CreatedBy { get; set; }

    /// <summary>True where no word of it may be sent to a connection.</summary>
    public bool StaysOnMachine { get; set; }

    /// <summary>JSON of <see cref="Core.Knowledge.KnowledgeSettings"/>; null while nobody changed any.</summary>
    public string? Settings { get; set; }

    /// <summary>Counts the changes of <see cref="Settings"/>.</summary>
    public int SettingsVersion { get; set; }
}

internal sealed class KnowledgeBaseConfiguration : IEntityTypeConfiguration<KnowledgeBaseRow>
{
    public void Configure(EntityTypeBuilder<KnowledgeBaseRow> builder)
    {
        builder.ToTable("KnowledgeBases");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.HasIndex(row => new { row.WorkspaceId, row.CreatedAt, row.Id });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }
}
