using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Knowledge;

internal sealed class DocumentRow
{
    public DocumentId Id { get; set; }

    public KnowledgeBaseId KnowledgeBaseId { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as search compares it.</summary>
    public required string NormalizedName { get; set; }

    public required string ContentType { get; set; }

    public long Bytes { get; set; }

    public required string Sha256 { get; set; }

    public DocumentState State { get; set; }

    public double Progress { get; set; }

    public int Pages { get; set; }

    public int PassageCount { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? AddedBy { get; set; }

    /// <summary>SHA-256 of the extracted text, lower-case hex: equal ones say the same, whatever their bytes. Null before parsing ended.</summary>
    public string? TextSha256 { get; set; }

    /// <summary>JSON array of <see cref="DocumentNote"/>; null for none.</summary>
    public string? Notes { get; set; }

    /// <summary>JSON object of <see cref="MetadataValue"/> by field; null where there is none.</summary>
    public string? Metadata { get; set; }

    /// <summary>Counts the changes of <see cref="Metadata"/>.</summary>
    public int MetadataVersion { get; set; }

    /// <summary>Counts the changes of its passages by people: an ingestion that read them before one is not at its end.</summary>
    public int Revisions { get; set; }

    /// <summary>The source that it follows; null for one that a person added.</summary>
    public SourceId? SourceId { get; set; }

    /// <summary>Its path or address there.</summary>
    public string? SourceKey { get; set; }

    /// <summary>What tells a change there without its content.</summary>
    public string? SourceStamp { get; set; }
}

/// <summary>Apart from <see cref="DocumentRow"/>, because lists of documents must not read whole texts.</summary>
internal sealed class DocumentTextRow
{
    public DocumentId DocumentId { get; set; }

    public required string Text { get; set; }

    /// <summary>JSON array of <see cref="PageSpan"/>.</summary>
    public required string Pages { get; set; }

    /// <summary>JSON array of page numbers.</summary>
    public required string PagesWithoutText { get; set; }

    /// <summary>JSON array of <see cref="TextBlock"/>.</summary>
    public string Blocks { get; set; } = "[]";
}

internal sealed class DocumentConfiguration : IEntityTypeConfiguration<DocumentRow>, IEntityTypeConfiguration<DocumentTextRow>
{
    public void Configure(EntityTypeBuilder<DocumentRow> builder)
    {
        builder.ToTable("Documents");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Sha256).HasMaxLength(64);
        builder.Property(row => row.TextSha256).HasMaxLength(64);
        builder.HasIndex(row => new { row.KnowledgeBaseId, row.CreatedAt, row.Id });

        // Covers the counts of a base, and what a start has to go on with.
        builder.HasIndex(row => new { row.KnowledgeBaseId, row.State, row.PassageCount });
        builder.HasIndex(row => new { row.State, row.CreatedAt });
        builder.HasIndex(row => new { row.KnowledgeBaseId, row.TextSha256 });
        builder.HasIndex(row => new { row.SourceId, row.SourceKey });
        builder.HasOne<SourceRow>().WithMany().HasForeignKey(row => row.SourceId).OnDelete(DeleteBehavior.SetNull);
        builder.HasOne<KnowledgeBaseRow>().WithMany().HasForeignKey(row => row.KnowledgeBaseId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.AddedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<DocumentTextRow> builder)
    {
        builder.ToTable("DocumentTexts");
        builder.HasKey(row => row.DocumentId);
        builder.Property(row => row.Blocks).HasDefaultValue("[]");
        builder.Property(row => row.DocumentId).ValueGeneratedNever();
        builder.HasOne<DocumentRow>().WithOne().HasForeignKey<DocumentTextRow>(row => row.DocumentId).OnDelete(DeleteBehavior.Cascade);
    }
}
