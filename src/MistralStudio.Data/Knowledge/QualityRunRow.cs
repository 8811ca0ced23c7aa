using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Knowledge;

internal sealed class QualityRunRow
{
    public KnowledgeBaseId KnowledgeBaseId { get; set; }

    public DateTimeOffset At { get; set; }

    public int Questions { get; set; }

    public double Recall { get; set; }

    public double Ndcg { get; set; }

    public double ReciprocalRank { get; set; }

    public int Depth { get; set; }

    /// <summary>A hash of how the base was searched and cut.</summary>
    public required string Settings { get; set; }
}

internal sealed class QualityRunConfiguration : IEntityTypeConfiguration<QualityRunRow>
{
    public void Configure(EntityTypeBuilder<QualityRunRow> builder)
    {
        builder.ToTable("QualityRuns");
        builder.HasKey(row => new { row.KnowledgeBaseId, row.At });
        builder.Property(row => row.Settings).HasMaxLength(64);
        builder.HasOne<KnowledgeBaseRow>().WithMany().HasForeignKey(row => row.KnowledgeBaseId).OnDelete(DeleteBehavior.Cascade);
    }
}
