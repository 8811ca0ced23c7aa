using System.Runtime.CompilerServices;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Tables;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>A row of the table and what became of it.</summary>
/// <param name="Result">Null where it has no outcome yet.</param>
public sealed record FilledRow(TableRow Row, BatchResult? Result);

/// <summary>Puts tables and what became of their rows together; both are read in order, a piece at a time.</summary>
public sealed class FilledRows(IBatchStore batches, ITableStore tables)
{
    private const int Piece = 500;

    /// <summary>All rows from one on.</summary>
    /// <param name="first">From 0.</param>
    public async IAsyncEnumerable<FilledRow> ReadAsync(Batch batch, long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var results = new Queue<BatchResult>();
        var (last, hasMore) = (first - 1, true);
        await foreach (var row in tables.ReadAsync(batch.Workspace, batch.Table, first, cancellationToken))
        {
            if (results.Count == 0 && hasMore)
            {
                var read = await batches.ListResultsAsync(batch.Id, null, last, Piece, cancellationToken);
                hasMore = read.Count == Piece;
                foreach (var result in read)
                {
                    results.Enqueue(result);
                    last = result.Row;
                }
            }

            yield return new FilledRow(row, results.TryPeek(out var next) && next.Row == row.Number ? results.Dequeue() : null);
        }
    }

    /// <summary>A page of the rows with one outcome, however far apart they lie.</summary>
    /// <param name="after">Rows up to this one are left out.</param>
    public async Task<IReadOnlyList<FilledRow>> ListAsync(Batch batch, BatchRowState? state, long after, int limit, CancellationToken cancellationToken)
    {
        if (state is null)
        {
            return await ReadAsync(batch, after + 1, cancellationToken).Take(limit).ToListAsync(cancellationToken);
        }

        var page = new List<FilledRow>();
        foreach (var result in await batches.ListResultsAsync(batch.Id, state, after, limit, cancellationToken))
        {
            if (await tables.ReadAsync(batch.Workspace, batch.Table, result.Row, cancellationToken).FirstOrDefaultAsync(cancellationToken) is { } row)
            {
                page.Add(new FilledRow(row, result));
            }
        }

        return page;
    }
}
