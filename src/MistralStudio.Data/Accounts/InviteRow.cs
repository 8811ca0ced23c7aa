using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Data.Accounts;

internal sealed class InviteRow
{
    public InviteId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    /// <summary>SHA-256 of the token, lower-case hex; the token itself is stored nowhere.</summary>
    public required string TokenHash { get; set; }

    public Role Role { get; set; }

    public Guid? CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? UsedAt { get; set; }

    public Guid? UsedBy { get; set; }
}

internal sealed class InviteConfiguration : IEntityTypeConfiguration<InviteRow>
{
    public void Configure(EntityTypeBuilder<InviteRow> builder)
    {
        builder.ToTable("Invites");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.TokenHash).HasMaxLength(64);
        builder.Property(row => row.UsedAt).IsConcurrencyToken();
        builder.HasIndex(row => row.TokenHash).IsUnique();
        builder.HasIndex(row => new { row.WorkspaceId, row.CreatedAt });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.UsedBy).OnDelete(DeleteBehavior.SetNull);
    }
}
