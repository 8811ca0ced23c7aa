using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Accounts;

internal sealed class WorkspaceRow
{
    public WorkspaceId Id { get; set; }

    public required string Slug { get; set; }

    public required string Name { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>True where nothing of the workspace may be sent to a connection.</summary>
    public bool StaysOnMachine { get; set; }
}

internal sealed class WorkspaceConfiguration : IEntityTypeConfiguration<WorkspaceRow>
{
    public void Configure(EntityTypeBuilder<WorkspaceRow> builder)
    {
        builder.ToTable("Workspaces");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Slug).HasMaxLength(63);
        builder.Property(row => row.Name).HasMaxLength(80);
        builder.HasIndex(row => row.Slug).IsUnique();
    }
}
