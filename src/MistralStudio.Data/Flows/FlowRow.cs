using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Flows;

internal sealed class FlowRow
{
    public FlowId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Slug { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as search compares it.</summary>
    public required string NormalizedName { get; set; }

    /// <summary>JSON of the definition that is being edited.</summary>
    public required string Draft { get; set; }

    public long Revision { get; set; }

    public int? PublishedVersion { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? CreatedBy { get; set; }
}

/// <summary>A definition that never changes, published or run as a draft.</summary>
internal sealed class FlowDefinitionRow
{
    public FlowId FlowId { get; set; }

    /// <summary>SHA-256 of the canonical JSON, lower-case hex.</summary>
    public required string Hash { get; set; }

    public required string Json { get; set; }
}

internal sealed class FlowVersionRow
{
    public FlowId FlowId { get; set; }

    public int Number { get; set; }

    public required string Hash { get; set; }

    public required string Message { get; set; }

    /// <summary>No foreign key: a version outlives its publisher's account, and then acts with no rights.</summary>
    public Guid PublishedBy { get; set; }

    public DateTimeOffset PublishedAt { get; set; }
}

internal sealed class FlowConfiguration : IEntityTypeConfiguration<FlowRow>, IEntityTypeConfiguration<FlowDefinitionRow>, IEntityTypeConfiguration<FlowVersionRow>
{
    public void Configure(EntityTypeBuilder<FlowRow> builder)
    {
        builder.ToTable("Flows");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Slug).HasMaxLength(63);
        builder.HasIndex(row => new { row.WorkspaceId, row.Slug }).IsUnique();
        builder.HasIndex(row => new { row.WorkspaceId, row.UpdatedAt, row.Id });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<FlowDefinitionRow> builder)
    {
        builder.ToTable("FlowDefinitions");
        builder.HasKey(row => new { row.FlowId, row.Hash });
        builder.Property(row => row.Hash).HasMaxLength(64);
        builder.HasOne<FlowRow>().WithMany().HasForeignKey(row => row.FlowId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<FlowVersionRow> builder)
    {
        builder.ToTable("FlowVersions");
        builder.HasKey(row => new { row.FlowId, row.Number });
        builder.Property(row => row.Hash).HasMaxLength(64);
        builder.HasOne<FlowDefinitionRow>().WithMany().HasForeignKey(row => new { row.FlowId, row.Hash }).OnDelete(DeleteBehavior.Cascade);
    }
}
