using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Prompts;

internal sealed class PromptRow
{
    public PromptId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Slug { get; set; }

    public required string Name { get; set; }

    public required string Folder { get; set; }

    /// <summary>A line each, with a line break before the first and after the last, so that one is found by LIKE; empty for none.</summary>
    public required string Tags { get; set; }

    /// <summary>Name, slug, tags and the beginning of the latest text, as search compares them.</summary>
    public required string SearchText { get; set; }

    public bool IsArchived { get; set; }

    public long Revision { get; set; }

    /// <summary>Counts the moves of its labels: a label that was taken away and made again is another.</summary>
    public long LabelMoves { get; set; }

    /// <summary>Number of its newest version.</summary>
    public int LatestVersion { get; set; }

    /// <summary>The highest number that a version of it ever had.</summary>
    public int LastNumber { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Guid? CreatedBy { get; set; }
}

internal sealed class PromptVersionRow
{
    public PromptId PromptId { get; set; }

    public int Number { get; set; }

    /// <summary>SHA-256 of <see cref="Content"/>, lower-case hex.</summary>
    public required string Hash { get; set; }

    /// <summary>Canonical JSON.</summary>
    public required string Content { get; set; }

    public required string Message { get; set; }

    /// <summary>No foreign key: a version outlives its author's account, and then searches no knowledge.</summary>
    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public string? ParentSlug { get; set; }

    public int? ParentNumber { get; set; }
}

internal sealed class PromptLabelRow
{
    public PromptId PromptId { get; set; }

    public required string Name { get; set; }

    public int Version { get; set; }

    public long Revision { get; set; }

    public Guid MovedBy { get; set; }

    public DateTimeOffset MovedAt { get; set; }
}

/// <summary>Calls of a version on one day.</summary>
internal sealed class PromptCallRow
{
    public PromptId PromptId { get; set; }

    public int Version { get; set; }

    /// <summary>How it was named: a number, a label; empty for the latest.</summary>
    public required string Detail { get; set; }

    /// <summary>The key or the person; empty where neither is known.</summary>
    public Guid Client { get; set; }

    /// <summary><see cref="DateOnly.DayNumber"/>, UTC.</summary>
    public int Day { get; set; }

    public long Count { get; set; }
}

internal sealed class PromptConfiguration
    : IEntityTypeConfiguration<PromptRow>, IEntityTypeConfiguration<PromptVersionRow>, IEntityTypeConfiguration<PromptLabelRow>, IEntityTypeConfiguration<PromptCallRow>
{
    public void Configure(EntityTypeBuilder<PromptRow> builder)
    {
        builder.ToTable("Prompts");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Slug).HasMaxLength(63);
        builder.Property(row => row.Folder).HasMaxLength(200);
        builder.HasIndex(row => new { row.WorkspaceId, row.Slug }).IsUnique();
        builder.HasIndex(row => new { row.WorkspaceId, row.UpdatedAt, row.Id });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }

    public void Configure(EntityTypeBuilder<PromptVersionRow> builder)
    {
        builder.ToTable("PromptVersions");
        builder.HasKey(row => new { row.PromptId, row.Number });
        builder.Property(row => row.Hash).HasMaxLength(64);
        builder.Property(row => row.ParentSlug).HasMaxLength(63);
        builder.HasOne<PromptRow>().WithMany().HasForeignKey(row => row.PromptId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PromptLabelRow> builder)
    {
        builder.ToTable("PromptLabels");
        builder.HasKey(row => new { row.PromptId, row.Name });
        builder.Property(row => row.Name).HasMaxLength(63);
        builder.HasOne<PromptVersionRow>().WithMany().HasForeignKey(row => new { row.PromptId, row.Version }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PromptCallRow> builder)
    {
        builder.ToTable("PromptCalls");
        builder.HasKey(row => new { row.PromptId, row.Day, row.Version, row.Detail, row.Client });
        builder.Property(row => row.Detail).HasMaxLength(63);
        builder.HasOne<PromptRow>().WithMany().HasForeignKey(row => row.PromptId).OnDelete(DeleteBehavior.Cascade);
    }
}
