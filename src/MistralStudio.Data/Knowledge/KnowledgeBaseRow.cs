using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Knowledge;

internal sealed class KnowledgeBaseRow
{
    public KnowledgeBaseId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    /// <summary>
    /// The conversation whose files it holds: it exists for that conversation's owner alone. Null for a base of the workspace. No foreign key: the
    /// base outlives its conversation until what was made of its files is erased, and nobody sees it meanwhile.
    /// </summary>
    public ConversationId? ConversationId { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as search compares it.</summary>
    public required string NormalizedName { get; set; }

    public required string EmbeddingModel { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public Guid? CreatedBy { get; set; }

    /// <summary>True where no word of it may be sent to a connection.</summary>
    public bool StaysOnMachine { get; set; }

    /// <summary>JSON of <see cref="KnowledgeSettings"/>; null while nobody changed any.</summary>
    public string? Settings { get; set; }

    /// <summary>Counts the changes of <see cref="Settings"/>.</summary>
    public int SettingsVersion { get; set; }

    /// <summary>See <see cref="IVectorMakers"/>.</summary>
    public string? VectorsMadeBy { get; set; }

    /// <summary>Where its vectors and words are.</summary>
    public IndexStore Store { get; set; }

    /// <summary>Where they are being moved; see <see cref="IndexPlacement.MovingTo"/>.</summary>
    public IndexStore? MovingTo { get; set; }

    public double MoveProgress { get; set; }

    public string? MoveErrorCode { get; set; }

    public string? MoveErrorMessage { get; set; }

    public string? MoveErrorNext { get; set; }
}

internal sealed class KnowledgeBaseConfiguration : IEntityTypeConfiguration<KnowledgeBaseRow>
{
    public void Configure(EntityTypeBuilder<KnowledgeBaseRow> builder)
    {
        builder.ToTable("KnowledgeBases");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Store).HasConversion<string>().HasMaxLength(20).HasDefaultValue(IndexStore.Embedded).HasSentinel(IndexStore.Embedded);
        builder.Property(row => row.VectorsMadeBy).HasMaxLength(64);
        builder.Property(row => row.MovingTo).HasConversion<string>().HasMaxLength(20);
        builder.HasIndex(row => new { row.WorkspaceId, row.CreatedAt, row.Id });
        builder.HasIndex(row => row.ConversationId).IsUnique();
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<StudioUser>().WithMany().HasForeignKey(row => row.CreatedBy).OnDelete(DeleteBehavior.SetNull);
    }
}
