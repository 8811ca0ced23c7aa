using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Tables;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>A table that was added.</summary>
internal sealed record WireTable(TableId Id, string Name, IReadOnlyList<string> Columns, long Rows, IReadOnlyList<TableNote> Notes, DateTimeOffset AddedAt)
{
    public static WireTable From(StoredTable table) => new(table.Id, table.Name, table.Columns, table.Rows, table.Notes, table.AddedAt);
}

/// <summary>Rows pasted as text.</summary>
internal sealed record WirePaste(string? Text, string? Name);

/// <summary>A batch to begin: <c>table</c> and one of <c>prompt</c> and <c>content</c>.</summary>
/// <param name="Prompt">A saved prompt: <c>prompt:slug</c>, <c>prompt:slug@3</c> or <c>prompt:slug@production</c>; the version it names now is the one that runs.</param>
/// <param name="Content">The content of a prompt that is not saved.</param>
/// <param name="Model">Asked in the place of the prompt's own.</param>
/// <param name="Columns">Variables, each with the column that fills it; left out, each takes the column that has its name.</param>
/// <param name="Values">Variables that have one value in every row.</param>
internal sealed record WireNewBatch(
    string? Name, TableId? Table, string? Prompt, JsonElement? Content, string? Model, Dictionary<string, string>? Columns, Dictionary<string, string>? Values,
    int? Parallelism, BatchBudget? Budget, BatchOutput? Output);

/// <summary>A batch.</summary>
/// <param name="Done">Rows with an outcome.</param>
/// <param name="SecondsLeft">At the present pace; null before there is one.</param>
/// <param name="Reason">Why it waits or is paused.</param>
/// <param name="Adds">The names of the columns that it adds.</param>
internal sealed record WireBatch(
    BatchId Id, string Name, TableId Table, string State, long Rows, long Done, long Succeeded, long Failed, WireSpending Spent, double? RowsPerSecond, double? SecondsLeft,
    Error? Reason, DateTimeOffset? WaitsUntil, string? Prompt, string Model, IReadOnlyDictionary<string, string> Columns, int Parallelism, BatchBudget Budget,
    IReadOnlyList<string>? Adds, UserId StartedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? EndedAt)
{
    public static WireBatch From(Batch batch) => From(batch, null);

    public static WireBatch From(Batch batch, IReadOnlyList<string>? columns) => new(
        batch.Id, batch.Name, batch.Table, WireJson.Camel(batch.State), batch.Rows, batch.Done, batch.Succeeded, batch.Failed, WireSpending.From(batch.Spent),
        batch.RowsPerSecond, batch.Left?.TotalSeconds, batch.Reason, batch.WaitsUntil, batch.Plan.Reference, batch.Plan.Prompt.Model, batch.Plan.Columns,
        batch.Plan.Parallelism, batch.Plan.Budget, columns is null ? null : new OutputColumns(batch.Plan, columns).Names, batch.StartedBy, batch.CreatedAt, batch.UpdatedAt, batch.EndedAt);
}

/// <summary>What a batch used, by attempts that failed as well.</summary>
/// <param name="Cost">US dollars.</param>
internal sealed record WireSpending(long Rows, long InputTokens, long OutputTokens, decimal Cost)
{
    public static WireSpending From(BatchSpending spent) => new(spent.Rows, spent.InputTokens, spent.OutputTokens, spent.Cost);
}

/// <summary>A row of the table with what was added to it.</summary>
/// <param name="Row">Its number, from 0.</param>
/// <param name="State"><c>waiting</c>, <c>succeeded</c> or <c>failed</c>.</param>
/// <param name="Cells">Of the table, by column.</param>
/// <param name="Added">By the names of the added columns.</param>
/// <param name="Answer">As the model wrote it.</param>
internal sealed record WireBatchRow(
    long Row, string State, IReadOnlyDictionary<string, JsonElement> Cells, IReadOnlyDictionary<string, object?> Added, string? Answer, Error? Error, int Attempts,
    int InputTokens, int OutputTokens, decimal? Cost, double? Ms)
{
    public static WireBatchRow From(FilledRow row, IReadOnlyList<string> columns, OutputColumns output) => new(
        row.Row.Number,
        row.Result is null ? "waiting" : WireJson.Camel(row.Result.State),
        columns.Take(row.Row.Cells.Count).Select((name, place) => (name, row.Row.Cells[place])).ToDictionary(pair => pair.name, pair => pair.Item2, StringComparer.Ordinal),
        output.Names.Zip(output.ValuesOf(row.Result)).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal),
        row.Result?.Text, row.Result?.Error, row.Result?.Attempts ?? 0, row.Result?.InputTokens ?? 0, row.Result?.OutputTokens ?? 0, row.Result?.Cost, row.Result?.Milliseconds);
}

/// <summary>How a batch goes on.</summary>
/// <param name="Budget">New limits, of all that it used and will use; left out: those it had.</param>
internal sealed record WireResume(BatchBudget? Budget);

/// <summary>Where a batch stands, while it runs.</summary>
internal sealed record WireProgress(
    string State, long Rows, long Done, long Succeeded, long Failed, WireSpending Spent, double? RowsPerSecond, double? SecondsLeft, Error? Reason, DateTimeOffset? WaitsUntil)
{
    public static WireProgress From(Batch batch) => new(
        WireJson.Camel(batch.State), batch.Rows, batch.Done, batch.Succeeded, batch.Failed, WireSpending.From(batch.Spent), batch.RowsPerSecond, batch.Left?.TotalSeconds, batch.Reason,
        batch.WaitsUntil);
}
