using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Knowledge;

internal sealed class PassageRevisionRow
{
    /// <summary>No foreign key: a passage that is cut anew comes back under its id.</summary>
    public PassageId PassageId { get; set; }

    public DocumentId DocumentId { get; set; }

    public string? Text { get; set; }

    public string? TextHash { get; set; }

    public bool IsDisabled { get; set; }

    /// <summary>One a line; null for none.</summary>
    public string? Keywords { get; set; }

    public int Version { get; set; }

    /// <summary>No foreign key: a change outlives the account.</summary>
    public Guid? By { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class PassageRevisionConfiguration : IEntityTypeConfiguration<PassageRevisionRow>
{
    public void Configure(EntityTypeBuilder<PassageRevisionRow> builder)
    {
        builder.ToTable("PassageRevisions");
        builder.HasKey(row => row.PassageId);
        builder.Property(row => row.PassageId).ValueGeneratedNever();
        builder.Property(row => row.TextHash).HasMaxLength(64);
        builder.Property(row => row.Version).IsConcurrencyToken();
        builder.HasOne<DocumentRow>().WithMany().HasForeignKey(row => row.DocumentId).OnDelete(DeleteBehavior.Cascade);
    }
}
