using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Models;

/// <summary>The model that a workspace chose for a task.</summary>
internal sealed class DefaultModelRow
{
    public WorkspaceId WorkspaceId { get; set; }

    public ModelTask Task { get; set; }

    public required string Model { get; set; }
}

internal sealed class DefaultModelConfiguration : IEntityTypeConfiguration<DefaultModelRow>
{
    public void Configure(EntityTypeBuilder<DefaultModelRow> builder)
    {
        builder.ToTable("DefaultModels");
        builder.HasKey(row => new { row.WorkspaceId, row.Task });
        builder.Property(row => row.Task).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Model).HasMaxLength(128);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
    }
}
