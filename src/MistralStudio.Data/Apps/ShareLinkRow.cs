using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Apps;

internal sealed class ShareLinkRow
{
    public ShareLinkId Id { get; set; }

    public AppId AppId { get; set; }

    /// <summary>SHA-256 of the token, lower-case hex; the token itself is stored nowhere.</summary>
    public required string TokenHash { get; set; }

    public Guid? CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    public int AnswersPerHour { get; set; }

    public int AnswersPerDay { get; set; }
}

/// <summary>Answers given in one window: an hour of one address, or a day of the link.</summary>
internal sealed class ShareLinkUsageRow
{
    public ShareLinkId LinkId { get; set; }

    /// <summary>When the window began.</summary>
    public DateTimeOffset Window { get; set; }

    /// <summary>Keyed hash of the address; empty in the row that counts the link's day.</summary>
    public required string Address { get; set; }

    public int Answers { get; set; }
}

internal sealed class ShareLinkConfiguration : IEntityTypeConfiguration<ShareLinkRow>, IEntityTypeConfiguration<ShareLinkUsageRow>
{
    public void Configure(EntityTypeBuilder<ShareLinkRow> builder)
    {
        builder.ToTable("ShareLinks");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.TokenHash).HasMaxLength(64);
        builder.HasIndex(row => row.TokenHash).IsUnique();
        builder.HasIndex(row => new { row.AppId, row.CreatedAt });
        builder.HasOne<AppRow>().WithMany().HasForeignKey(row => row.AppId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<ShareLinkUsageRow> builder)
    {
        builder.ToTable("ShareLinkUsage");
        builder.HasKey(row => new { row.LinkId, row.Window, row.Address });
        builder.Property(row => row.Address).HasMaxLength(64);
        builder.HasOne<ShareLinkRow>().WithMany().HasForeignKey(row => row.LinkId).OnDelete(DeleteBehavior.Cascade);
    }
}
