using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;

namespace MistralStudio.Data.Accounts;

internal sealed class MembershipRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public Guid UserId { get; set; }

    public Role Role { get; set; }

    public DateTimeOffset JoinedAt { get; set; }

    public DateTimeOffset? SuspendedAt { get; set; }

    /// <summary>Changes with every change of rights, so that live connections notice one.</summary>
    public Guid Stamp { get; set; }
}

internal sealed class MembershipConfiguration : IEntityTypeConfiguration<MembershipRow>
{
    public void Configure(EntityTypeBuilder<MembershipRow> builder)
    {
        builder.ToTable("Memberships");
        builder.HasKey(row => new { row.WorkspaceId, row.UserId });
        builder.Property(row => row.Stamp).IsConcurrencyToken();
        builder.HasIndex(row => row.UserId);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
