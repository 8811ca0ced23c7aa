using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Flows;

/// <summary>A run as lists show it; written by the journal alone, in the transaction of the events that it follows from.</summary>
internal sealed class RunRow
{
    public RunId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public FlowId FlowId { get; set; }

    public required string Definition { get; set; }

    public int? Version { get; set; }

    public RunStatus Status { get; set; }

    public RunTrigger Trigger { get; set; }

    /// <summary>No foreign key: a run outlives the account that started it.</summary>
    public Guid StartedBy { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public DateTimeOffset? ClockAt { get; set; }

    /// <summary>Number of its last event: a second loop's events do not follow it.</summary>
    public long LastSeq { get; set; }

    public long InputTokens { get; set; }

    public long OutputTokens { get; set; }

    /// <summary>US dollars, as invariant text: neither database has to round it.</summary>
    public string? Cost { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }
}

/// <summary>A row of the journal; written once, and never changed but to erase what came from a document that was (see <see cref="RunErasure"/>).</summary>
internal sealed class RunEventRow
{
    public RunId RunId { get; set; }

    public long Seq { get; set; }

    public DateTimeOffset At { get; set; }

    public RunEventKind Kind { get; set; }

    public required string Node { get; set; }

    public int Attempt { get; set; }

    public int Step { get; set; }

    /// <summary>UTF-8 JSON, see <see cref="RunEventCodec"/>; null where there is nothing to say.</summary>
    public byte[]? Payload { get; set; }
}

/// <summary>That something in an event came from a document. No foreign key: it is what is left to erase when the document is gone.</summary>
internal sealed class RunSourceRow
{
    public DocumentId DocumentId { get; set; }

    public RunId RunId { get; set; }

    public long Seq { get; set; }
}

internal sealed class RunConfiguration : IEntityTypeConfiguration<RunRow>, IEntityTypeConfiguration<RunEventRow>, IEntityTypeConfiguration<RunSourceRow>
{
    public void Configure(EntityTypeBuilder<RunRow> builder)
    {
        builder.ToTable("Runs");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Definition).HasMaxLength(64);
        builder.Property(row => row.Status).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Trigger).HasConversion<string>().HasMaxLength(20);
        builder.HasIndex(row => new { row.WorkspaceId, row.StartedAt, row.Id });
        builder.HasIndex(row => new { row.FlowId, row.StartedAt });
        builder.HasIndex(row => new { row.Status, row.ClockAt });
        builder.HasOne<FlowRow>().WithMany().HasForeignKey(row => row.FlowId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunEventRow> builder)
    {
        builder.ToTable("RunEvents");
        builder.HasKey(row => new { row.RunId, row.Seq });
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.HasOne<RunRow>().WithMany().HasForeignKey(row => row.RunId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunSourceRow> builder)
    {
        builder.ToTable("RunSources");
        builder.HasKey(row => new { row.DocumentId, row.RunId, row.Seq });
        builder.HasOne<RunRow>().WithMany().HasForeignKey(row => row.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}

/// <summary>Rows as records.</summary>
internal static class RunRows
{
    public static RunSummary ToSummary(this RunRow row) => new(
        row.Id, row.WorkspaceId, row.FlowId, row.Definition, row.Version, row.Status, row.Trigger, UserId.From(row.StartedBy), row.StartedAt, row.UpdatedAt,
        row.EndedAt, row.ClockAt,
        new RunUsage(row.InputTokens, row.OutputTokens, row.Cost is { } cost ? decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture) : null),
        StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext));
}
