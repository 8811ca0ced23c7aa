using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Batches;

internal sealed class BatchTableRow
{
    public TableId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public required string Name { get; set; }

    /// <summary>JSON array of the columns' names.</summary>
    public required string Columns { get; set; }

    public long Rows { get; set; }

    /// <summary>JSON array of what was guessed or left out.</summary>
    public required string Notes { get; set; }

    public required string Sha256 { get; set; }

    /// <summary>See <see cref="Core.Tables.TableIndex"/>.</summary>
    public required byte[] Places { get; set; }

    /// <summary>No foreign key: a table outlives its owner's account.</summary>
    public Guid AddedBy { get; set; }

    public DateTimeOffset AddedAt { get; set; }
}

internal sealed class BatchRow
{
    public BatchId Id { get; set; }

    public WorkspaceId WorkspaceId { get; set; }

    public TableId TableId { get; set; }

    public required string Name { get; set; }

    /// <summary>JSON of the plan.</summary>
    public required string Plan { get; set; }

    /// <summary>No foreign key: a batch outlives the account that started it, and then has no rights.</summary>
    public Guid StartedBy { get; set; }

    public ApiKeyId? KeyId { get; set; }

    public BatchState State { get; set; }

    public long Rows { get; set; }

    public long Succeeded { get; set; }

    public long Failed { get; set; }

    /// <summary>Rows that were asked about, those asked once more counted again.</summary>
    public long SpentRows { get; set; }

    public long InputTokens { get; set; }

    public long OutputTokens { get; set; }

    /// <summary>US dollars, as invariant text: neither database has to round it.</summary>
    public required string Cost { get; set; }

    public double? RowsPerSecond { get; set; }

    public string? ReasonCode { get; set; }

    public string? ReasonMessage { get; set; }

    public string? ReasonNext { get; set; }

    public DateTimeOffset? WaitsUntil { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Raised by every change: a second run of the batch, or one that was ended meanwhile, does not write over it.</summary>
    public long Revision { get; set; }
}

/// <summary>What became of a row of the table; written once, removed to be asked about once more.</summary>
internal sealed class BatchResultRow
{
    public BatchId BatchId { get; set; }

    public long Row { get; set; }

    public BatchRowState State { get; set; }

    public required string Text { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }

    public int Attempts { get; set; }

    public int InputTokens { get; set; }

    public int OutputTokens { get; set; }

    /// <summary>US dollars, as invariant text; null where it is not known.</summary>
    public string? Cost { get; set; }

    public double Milliseconds { get; set; }
}

internal sealed class BatchConfiguration : IEntityTypeConfiguration<BatchTableRow>, IEntityTypeConfiguration<BatchRow>, IEntityTypeConfiguration<BatchResultRow>
{
    public void Configure(EntityTypeBuilder<BatchTableRow> builder)
    {
        builder.ToTable("BatchTables");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Name).HasMaxLength(200);
        builder.Property(row => row.Sha256).HasMaxLength(64);
        builder.HasIndex(row => new { row.WorkspaceId, row.AddedAt });
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BatchRow> builder)
    {
        builder.ToTable("Batches");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Name).HasMaxLength(BatchRules.MostName);
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.HasIndex(row => new { row.WorkspaceId, row.CreatedAt, row.Id });
        builder.HasIndex(row => row.State);
        builder.HasOne<WorkspaceRow>().WithMany().HasForeignKey(row => row.WorkspaceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<BatchTableRow>().WithMany().HasForeignKey(row => row.TableId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<BatchResultRow> builder)
    {
        builder.ToTable("BatchResults");
        builder.HasKey(row => new { row.BatchId, row.Row });
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        // A list of what failed, out of a million rows.
        builder.HasIndex(row => new { row.BatchId, row.State, row.Row });
        builder.HasOne<BatchRow>().WithMany().HasForeignKey(row => row.BatchId).OnDelete(DeleteBehavior.Cascade);
    }
}
