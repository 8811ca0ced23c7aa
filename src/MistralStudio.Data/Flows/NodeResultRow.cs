using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Flows;

/// <summary>Outputs of a node that any run of the workspace may take.</summary>
internal sealed class NodeResultRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public required string Key { get; set; }

    /// <summary>The run that they are from; its journal keeps their blobs.</summary>
    public RunId RunId { get; set; }

    /// <summary>JSON: values by out-port.</summary>
    public required string Outputs { get; set; }
}

internal sealed class NodeResultConfiguration : IEntityTypeConfiguration<NodeResultRow>
{
    public void Configure(EntityTypeBuilder<NodeResultRow> builder)
    {
        builder.ToTable("NodeResults");
        builder.HasKey(row => new { row.WorkspaceId, row.Key });
        builder.Property(row => row.Key).HasMaxLength(64);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<RunRow>().WithMany().HasForeignKey(row => row.RunId).OnDelete(DeleteBehavior.Cascade);
    }
}
