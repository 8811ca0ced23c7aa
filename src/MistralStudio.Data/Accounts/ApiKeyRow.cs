using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Accounts;

internal sealed class ApiKeyRow
{
    public ApiKeyId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public Guid CreatedBy { get; set; }

    public required string Name { get; set; }

    /// <summary>The first characters of the token, by which a person tells keys apart.</summary>
    public required string Prefix { get; set; }

    /// <summary>SHA-256 of the token, lower-case hex; the token itself is stored nowhere.</summary>
    public required string TokenHash { get; set; }

    /// <summary>JSON array of permissions.</summary>
    public required string Scopes { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }
}

internal sealed class ApiKeyConfiguration : IEntityTypeConfiguration<ApiKeyRow>
{
    public void Configure(EntityTypeBuilder<ApiKeyRow> builder)
    {
        builder.ToTable("ApiKeys");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Name).HasMaxLength(80);
        builder.Property(row => row.Prefix).HasMaxLength(16);
        builder.Property(row => row.TokenHash).HasMaxLength(64);
        builder.HasIndex(row => row.TokenHash).IsUnique();
        builder.HasIndex(row => new { row.WorkspaceId, row.CreatedAt });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.Cascade);
    }
}
