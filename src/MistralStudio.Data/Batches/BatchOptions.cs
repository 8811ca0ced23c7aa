using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Data.Batches;

/// <summary>Settings of tables and batches, section <c>Batches</c>.</summary>
public sealed class BatchOptions
{
    /// <summary>The section that they are bound from.</summary>
    public const string Section = "Batches";

    /// <summary>Longest file of a table that is taken, bytes.</summary>
    [Range(1024L, 64L << 30)]
    public long MaxTableBytes { get; set; } = 1L << 30;

    /// <summary>Most rows of a table.</summary>
    [Range(1L, 100_000_000L)]
    public long MaxRows { get; set; } = 5_000_000;
}
