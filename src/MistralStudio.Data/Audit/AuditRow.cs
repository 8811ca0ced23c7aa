using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Audit;

internal sealed class AuditRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public long Number { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>No foreign key: what somebody did outlives their account.</summary>
    public Guid? By { get; set; }

    public required string Action { get; set; }

    public required string Subject { get; set; }

    public required string Detail { get; set; }

    /// <summary>See <see cref="AuditTrail.HashOf"/>.</summary>
    public required string Hash { get; set; }
}

internal sealed class AuditConfiguration : IEntityTypeConfiguration<AuditRow>
{
    public void Configure(EntityTypeBuilder<AuditRow> builder)
    {
        // The migration adds triggers that refuse to change or remove a row.
        builder.ToTable("AuditEntries");
        builder.HasKey(row => new { row.WorkspaceId, row.Number });
        builder.Property(row => row.Number).ValueGeneratedNever();
        builder.Property(row => row.Action).HasMaxLength(60);
        builder.Property(row => row.Hash).HasMaxLength(64);
    }
}
