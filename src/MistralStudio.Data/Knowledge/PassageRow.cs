using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Knowledge;

internal sealed class PassageRow
{
    public PassageId Id { get; set; }

    public DocumentId DocumentId { get; set; }

    public int Ordinal { get; set; }

    public required string Text { get; set; }

    public int? Page { get; set; }

    public int Start { get; set; }

    public int End { get; set; }

    public string? Section { get; set; }

    public required string ContentHash { get; set; }

    public string? Header { get; set; }

    public int ParentStart { get; set; }

    public int ParentEnd { get; set; }
}

internal sealed class PassageConfiguration : IEntityTypeConfiguration<PassageRow>
{
    public void Configure(EntityTypeBuilder<PassageRow> builder)
    {
        builder.ToTable("Passages");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.ContentHash).HasMaxLength(64);
        builder.HasIndex(row => new { row.DocumentId, row.Ordinal }).IsUnique();

        // Finds what else says the same.
        builder.HasIndex(row => row.ContentHash);
        builder.HasOne<DocumentRow>().WithMany().HasForeignKey(row => row.DocumentId).OnDelete(DeleteBehavior.Cascade);
    }
}
