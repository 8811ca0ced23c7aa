using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Blobs;

internal sealed class BlobRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public required string Sha256 { get; set; }

    public long Bytes { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class BlobReferenceRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public required string Sha256 { get; set; }

    /// <summary>Whose reference it is: <c>document/{id}</c>.</summary>
    public required string Owner { get; set; }
}

internal sealed class BlobConfiguration : IEntityTypeConfiguration<BlobRow>, IEntityTypeConfiguration<BlobReferenceRow>
{
    public void Configure(EntityTypeBuilder<BlobRow> builder)
    {
        builder.ToTable("Blobs");
        builder.HasKey(row => new { row.WorkspaceId, row.Sha256 });
        builder.Property(row => row.Sha256).HasMaxLength(64);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BlobReferenceRow> builder)
    {
        builder.ToTable("BlobReferences");
        builder.HasKey(row => new { row.WorkspaceId, row.Sha256, row.Owner });
        builder.Property(row => row.Sha256).HasMaxLength(64);
        builder.Property(row => row.Owner).HasMaxLength(200);
        builder.HasOne<BlobRow>().WithMany().HasForeignKey(row => new { row.WorkspaceId, row.Sha256 }).OnDelete(DeleteBehavior.Cascade);
    }
}
