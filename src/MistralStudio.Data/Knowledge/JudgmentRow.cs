using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Knowledge;

internal sealed class JudgmentRow
{
    public KnowledgeBaseId KnowledgeBaseId { get; set; }

    public required string Question { get; set; }

    /// <summary>No foreign key: a passage that is cut anew comes back under its id.</summary>
    public PassageId PassageId { get; set; }

    public Relevance Relevance { get; set; }

    /// <summary>No foreign key: a judgment outlives the account.</summary>
    public Guid? By { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class JudgmentConfiguration : IEntityTypeConfiguration<JudgmentRow>
{
    public void Configure(EntityTypeBuilder<JudgmentRow> builder)
    {
        builder.ToTable("Judgments");
        builder.HasKey(row => new { row.KnowledgeBaseId, row.Question, row.PassageId });
        builder.Property(row => row.Question).HasMaxLength(JudgedQuestion.QuestionLength);
        builder.Property(row => row.Relevance).HasConversion<string>().HasMaxLength(20);
        builder.HasOne<KnowledgeBaseRow>().WithMany().HasForeignKey(row => row.KnowledgeBaseId).OnDelete(DeleteBehavior.Cascade);
    }
}
