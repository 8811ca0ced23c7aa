using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Batches;

/// <summary>Rows as records.</summary>
internal static class BatchRecords
{
    public static StoredTable ToTable(this BatchTableRow row) => new(
        row.Id, row.WorkspaceId, row.Name, StudioJson.Read(row.Columns, StudioJson.Default.IReadOnlyListString), row.Rows,
        StudioJson.Read(row.Notes, StudioJson.Default.IReadOnlyListTableNote), row.Sha256, UserId.From(row.AddedBy), row.AddedAt);

    public static Batch ToBatch(this BatchRow row) => new(
        row.Id, row.WorkspaceId, row.Name, row.TableId, ReadPlan(row.Plan), UserId.From(row.StartedBy), row.KeyId, row.State, row.Rows, row.Succeeded, row.Failed,
        new BatchSpending(row.SpentRows, row.InputTokens, row.OutputTokens, ReadCost(row.Cost)), row.RowsPerSecond,
        StoredError.Read(row.ReasonCode, row.ReasonMessage, row.ReasonNext), row.WaitsUntil, row.CreatedAt, row.UpdatedAt, row.EndedAt, row.Revision);

    public static BatchResult ToResult(this BatchResultRow row) => new(
        row.Row, row.State, row.Text, StoredError.Read(row.ErrorCode, row.ErrorMessage, row.ErrorNext), row.Attempts, row.InputTokens, row.OutputTokens,
        row.Cost is null ? null : ReadCost(row.Cost), row.Milliseconds);

    public static string WritePlan(BatchPlan plan) => JsonSerializer.Serialize(plan, PromptJson.Options);

    public static string WriteCost(decimal cost) => cost.ToString(CultureInfo.InvariantCulture);

    private static decimal ReadCost(string cost) => decimal.Parse(cost, CultureInfo.InvariantCulture);

    private static BatchPlan ReadPlan(string json) => JsonSerializer.Deserialize<BatchPlan>(json, PromptJson.Options)!;
}
