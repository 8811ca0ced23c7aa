using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Idempotency;

internal sealed class IdempotencyRow
{
    public WorkspaceId WorkspaceId { get; set; }

    /// <summary>Who asked (a key or a person): nobody gets the answer that another was given.</summary>
    public required string Actor { get; set; }

    public required string Key { get; set; }

    public required string Route { get; set; }

    /// <summary>Tells one request from another that was sent under the same key.</summary>
    public required string Fingerprint { get; set; }

    /// <summary>HTTP status of the answer; null while the first request runs.</summary>
    public int? Status { get; set; }

    public string? ContentType { get; set; }

    public string? Location { get; set; }

    public byte[]? Body { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class IdempotencyConfiguration : IEntityTypeConfiguration<IdempotencyRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyRow> builder)
    {
        builder.ToTable("IdempotencyRecords");
        builder.HasKey(row => new { row.WorkspaceId, row.Actor, row.Key });
        builder.Property(row => row.Actor).HasMaxLength(80);
        builder.Property(row => row.Key).HasMaxLength(255);
        builder.Property(row => row.Route).HasMaxLength(300);
        builder.Property(row => row.Fingerprint).HasMaxLength(64);
        builder.HasIndex(row => row.CreatedAt);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
    }
}
