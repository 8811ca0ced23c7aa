using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Apps;

internal sealed class AppRow
{
    public AppId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Slug { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as search compares it.</summary>
    public required string NormalizedName { get; set; }

    /// <summary>JSON of the definition that is being edited.</summary>
    public required string Draft { get; set; }

    /// <summary>Rises with every save; the save names the one it read.</summary>
    public long Revision { get; set; }

    public int? PublishedVersion { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? CreatedBy { get; set; }
}

internal sealed class AppVersionRow
{
    public AppId AppId { get; set; }

    public int Number { get; set; }

    public required string Name { get; set; }

    /// <summary>JSON of the definition as it was published.</summary>
    public required string Definition { get; set; }

    public required string Hash { get; set; }

    /// <summary>No foreign key: a version outlives its publisher's account, and then acts with no rights.</summary>
    public Guid PublishedBy { get; set; }

    public DateTimeOffset PublishedAt { get; set; }
}

internal sealed class AppConfiguration : IEntityTypeConfiguration<AppRow>, IEntityTypeConfiguration<AppVersionRow>
{
    public void Configure(EntityTypeBuilder<AppRow> builder)
    {
        builder.ToTable("Apps");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Slug).HasMaxLength(63);
        builder.Property(row => row.Revision).IsConcurrencyToken();
        builder.HasIndex(row => row.Slug).IsUnique();
        builder.HasIndex(row => new { row.WorkspaceId, row.UpdatedAt, row.Id });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<AppVersionRow> builder)
    {
        builder.ToTable("AppVersions");
        builder.HasKey(row => new { row.AppId, row.Number });
        builder.Property(row => row.Hash).HasMaxLength(64);
        builder.HasOne<AppRow>().WithMany().HasForeignKey(row => row.AppId).OnDelete(DeleteBehavior.Cascade);
    }
}
