using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Knowledge;

namespace MistralStudio.Data.Conversations;

/// <summary>A rated answer, under each knowledge base whose passages it was given: the base finds its feedback by it.</summary>
internal sealed class FeedbackBaseRow
{
    public KnowledgeBaseId KnowledgeBaseId { get; set; }

    public MessageId MessageId { get; set; }

    public DateTimeOffset At { get; set; }
}

internal sealed class FeedbackBaseConfiguration : IEntityTypeConfiguration<FeedbackBaseRow>
{
    public void Configure(EntityTypeBuilder<FeedbackBaseRow> builder)
    {
        builder.ToTable("FeedbackBases");
        builder.HasKey(row => new { row.KnowledgeBaseId, row.MessageId });
        builder.HasIndex(row => new { row.KnowledgeBaseId, row.At });
        builder.HasOne<KnowledgeBaseRow>().WithMany().HasForeignKey(row => row.KnowledgeBaseId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<MessageRow>().WithMany().HasForeignKey(row => row.MessageId).OnDelete(DeleteBehavior.Cascade);
    }
}
