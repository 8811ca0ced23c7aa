using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Flows;

/// <summary>What starts runs of a flow beside people; absent: nothing but its schedules.</summary>
internal sealed class FlowTriggerRow
{
    public FlowId FlowId { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>The webhook's secret, encrypted; null where there is no webhook.</summary>
    public string? Secret { get; set; }

    public DateTimeOffset? SecretAt { get; set; }
}

/// <summary>A schedule of the latest published version.</summary>
internal sealed class FlowScheduleRow
{
    public FlowId FlowId { get; set; }

    public required string Node { get; set; }

    public required string Cron { get; set; }

    public string? TimeZone { get; set; }

    public DateTimeOffset? NextAt { get; set; }

    public DateTimeOffset? LastAt { get; set; }

    public RunId? LastRun { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }
}

internal sealed class FlowTriggerConfiguration : IEntityTypeConfiguration<FlowTriggerRow>, IEntityTypeConfiguration<FlowScheduleRow>
{
    public void Configure(EntityTypeBuilder<FlowTriggerRow> builder)
    {
        builder.ToTable("FlowTriggers");
        builder.HasKey(row => row.FlowId);
        builder.HasOne<FlowRow>().WithOne().HasForeignKey<FlowTriggerRow>(row => row.FlowId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<FlowScheduleRow> builder)
    {
        builder.ToTable("FlowSchedules");
        builder.HasKey(row => new { row.FlowId, row.Node });
        builder.HasIndex(row => row.NextAt);
        builder.HasOne<FlowRow>().WithMany().HasForeignKey(row => row.FlowId).OnDelete(DeleteBehavior.Cascade);
    }
}
