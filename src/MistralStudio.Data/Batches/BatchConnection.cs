using System.Data;
using System.Data.Common;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Batches;

/// <summary>Commits the outcomes of rows, one batch after the other, over a connection of its own: with a quick model EF took longer than the rows.</summary>
/// <param name="open">Opens a connection that survives what its commits are to survive.</param>
/// <param name="turn">The statement that a transaction begins with to be alone, as all of the stores; null where the database sees to that.</param>
internal sealed class BatchConnection(Func<Task<DbConnection>> open, string? turn = null) : IAsyncDisposable
{
    private const string Advance = """
        UPDATE "Batches" SET "Revision" = @revision + 1, "State" = @state, "Succeeded" = @succeeded, "Failed" = @failed, "SpentRows" = @rows,
            "InputTokens" = @input, "OutputTokens" = @output, "Cost" = @cost, "RowsPerSecond" = @pace, "ReasonCode" = @code, "ReasonMessage" = @message,
            "ReasonNext" = @next, "WaitsUntil" = @until, "UpdatedAt" = @at, "EndedAt" = @ended
        WHERE "Id" = @id AND "Revision" = @revision AND "State" = 'Running'
        """;

    private const string Add = """
        INSERT INTO "BatchResults" ("BatchId", "Row", "State", "Text", "ErrorCode", "ErrorMessage", "ErrorNext", "Attempts", "InputTokens", "OutputTokens", "Cost", "Milliseconds")
        VALUES (@id, @row, @state, @text, @code, @message, @next, @attempts, @input, @output, @cost, @took)
        """;

    private readonly SemaphoreSlim _writer = new(1);
    private readonly KeptConnection _kept = new(open, TypeOf);

    /// <inheritdoc cref="IBatchWork.CommitAsync"/>
    public async Task<long?> CommitAsync(
        BatchId id, long revision, BatchProgress progress, IReadOnlyList<BatchResult> results, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            await using var transaction = await _kept.BeginAsync(cancellationToken);
            if (turn is not null)
            {
                await _kept.RunAsync(transaction, turn, cancellationToken);
            }

            if (await AdvanceAsync(transaction, id, revision, progress, now, cancellationToken) == 0)
            {
                return null;
            }

            foreach (var result in results)
            {
                await AddAsync(transaction, id, result, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return revision + 1;
        }
        catch
        {
            await _kept.CloseAsync();
            throw;
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _kept.DisposeAsync();
        _writer.Dispose();
    }

    private Task<int> AdvanceAsync(DbTransaction transaction, BatchId id, long revision, BatchProgress progress, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (spent, reason) = (progress.Spent, progress.Reason);
        var ended = progress.State is BatchState.Done or BatchState.Cancelled ? now.UtcTicks : (long?)null;
        return _kept.RunAsync(
            transaction, Advance, cancellationToken, ("id", id.Value), ("revision", revision), ("state", progress.State.ToString()), ("succeeded", progress.Succeeded),
            ("failed", progress.Failed), ("rows", spent.Rows), ("input", spent.InputTokens), ("output", spent.OutputTokens), ("cost", BatchRecords.WriteCost(spent.Cost)),
            ("pace", progress.RowsPerSecond), ("code", reason?.Code), ("message", reason?.Message), ("next", reason?.Next), ("until", progress.WaitsUntil?.UtcTicks),
            ("at", now.UtcTicks), ("ended", ended));
    }

    private Task<int> AddAsync(DbTransaction transaction, BatchId id, BatchResult result, CancellationToken cancellationToken)
    {
        // PostgreSQL has no place for it in a text, and no model means it.
        var text = result.Text.Replace("\0", "", StringComparison.Ordinal);
        return _kept.RunAsync(
            transaction, Add, cancellationToken, ("id", id.Value), ("row", result.Row), ("state", result.State.ToString()), ("text", text), ("code", result.Error?.Code),
            ("message", result.Error?.Message), ("next", result.Error?.Next), ("attempts", result.Attempts), ("input", (long)result.InputTokens),
            ("output", (long)result.OutputTokens), ("cost", result.Cost is { } cost ? BatchRecords.WriteCost(cost) : null), ("took", result.Milliseconds));
    }

    private static DbType TypeOf(string name) => name switch
    {
        "id" => DbType.Guid,
        "attempts" => DbType.Int32,
        "pace" or "took" => DbType.Double,
        "revision" or "succeeded" or "failed" or "rows" or "row" or "input" or "output" or "until" or "at" or "ended" => DbType.Int64,
        _ => DbType.String,
    };
}
