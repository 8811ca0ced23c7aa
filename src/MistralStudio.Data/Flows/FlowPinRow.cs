using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Flows;

/// <summary>What a node of a draft gives without being run.</summary>
internal sealed class FlowPinRow
{
    public FlowId FlowId { get; set; }

    /// <summary>Path of the node in the definition.</summary>
    public required string Node { get; set; }

    /// <summary>No foreign key: runs go with their flow, as pins do.</summary>
    public RunId RunId { get; set; }

    public required string Instance { get; set; }

    /// <summary>No foreign key: a pin outlives the account that made it.</summary>
    public Guid PinnedBy { get; set; }

    public DateTimeOffset PinnedAt { get; set; }
}

internal sealed class FlowPinConfiguration : IEntityTypeConfiguration<FlowPinRow>
{
    public void Configure(EntityTypeBuilder<FlowPinRow> builder)
    {
        builder.ToTable("FlowPins");
        builder.HasKey(row => new { row.FlowId, row.Node });
        builder.HasOne<FlowRow>().WithMany().HasForeignKey(row => row.FlowId).OnDelete(DeleteBehavior.Cascade);
    }
}
