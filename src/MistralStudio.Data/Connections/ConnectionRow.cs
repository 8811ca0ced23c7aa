using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Connections;

internal sealed class ConnectionRow
{
    public ConnectionId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Slug { get; set; }

    /// <summary>JSON of the settings; the key is no part of them.</summary>
    public required string Settings { get; set; }

    /// <summary>The key, encrypted for this very connection, see <see cref="ConnectionKeys"/>; null where there is none.</summary>
    public string? ProtectedKey { get; set; }

    public DateTimeOffset? KeySetAt { get; set; }

    /// <summary>Rises with every save; the save names the one it read.</summary>
    public long Revision { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? CreatedBy { get; set; }
}

/// <summary>A host beyond the public internet that an owner allowed to a workspace.</summary>
internal sealed class AllowedHostRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public required string Host { get; set; }

    public int Port { get; set; }

    public DateTimeOffset AllowedAt { get; set; }
}

internal sealed class ConnectionConfiguration : IEntityTypeConfiguration<ConnectionRow>, IEntityTypeConfiguration<AllowedHostRow>
{
    public void Configure(EntityTypeBuilder<ConnectionRow> builder)
    {
        builder.ToTable("Connections");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Slug).HasMaxLength(63);
        builder.Property(row => row.Revision).IsConcurrencyToken();
        builder.HasIndex(row => new { row.WorkspaceId, row.Slug }).IsUnique();
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<AllowedHostRow> builder)
    {
        builder.ToTable("AllowedHosts");
        builder.HasKey(row => new { row.WorkspaceId, row.Host, row.Port });
        builder.Property(row => row.Host).HasMaxLength(255);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
    }
}
