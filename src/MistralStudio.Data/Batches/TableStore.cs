using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Batches;

/// <inheritdoc cref="ITableStore"/>
/// <remarks>Files on their way lie among those that arrive, which the next start sweeps; one that no batch came to use is removed after a week.</remarks>
internal sealed class TableStore(
    IDbContextFactory<StudioDbContext> contexts, DataFolder folder, ITableReader reader, IBlobStore blobs, IOptions<BatchOptions> options, TimeProvider time) : ITableStore
{
    private const int MaxName = 200;
    private const int SweptAtOnce = 20;

    private static readonly TimeSpan s_unused = TimeSpan.FromDays(7);

    public async Task<Result<StoredTable>> AddAsync(WorkspaceId workspace, string name, Stream content, UserId by, CancellationToken cancellationToken)
    {
        await SweepAsync(workspace, cancellationToken);
        try
        {
            Directory.CreateDirectory(folder.Incoming);
            await using var arrived = Temporary();
            if (await CopyAsync(content, arrived, options.Value.MaxTableBytes, cancellationToken) is { } refused)
            {
                return refused;
            }

            await using var rows = Temporary();
            var read = await reader.ReadAsync(arrived, name, new TableLimits(options.Value.MaxRows), rows, cancellationToken);
            return read.IsSuccess ? await KeepAsync(workspace, name, read.Value, rows, by, cancellationToken) : read.Error;
        }
        catch (IOException exception) when (DiskSpace.IsFull(exception))
        {
            return KnowledgeErrors.DiskFull();
        }
    }

    public async Task<StoredTable?> FindAsync(WorkspaceId workspace, TableId id, UserId? addedBy, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return (await Of(context, workspace, id, addedBy).FirstOrDefaultAsync(cancellationToken))?.ToTable();
    }

    public async IAsyncEnumerable<TableRow> ReadAsync(WorkspaceId workspace, TableId id, long first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BatchTableRow? table;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            table = await Of(context, workspace, id, null).FirstOrDefaultAsync(cancellationToken);
        }

        if (table is null || first >= table.Rows || await blobs.OpenAsync(workspace, table.Sha256, cancellationToken) is not { } content)
        {
            yield break;
        }

        await using (content)
        {
            var (at, number) = TableIndex.Find(table.Places, first);
            content.Seek(at, SeekOrigin.Begin);
            await foreach (var row in TableRows.ReadAsync(content, number, cancellationToken))
            {
                if (row.Number >= first)
                {
                    yield return row;
                }
            }
        }
    }

    /// <summary>Whose reference to a file it is.</summary>
    public static string OwnerOf(TableId id) => $"table/{id}";

    private async Task<Result<StoredTable>> KeepAsync(WorkspaceId workspace, string name, TableShape shape, FileStream rows, UserId by, CancellationToken cancellationToken)
    {
        var index = new TableIndex();
        var buffer = new byte[128 * 1024];
        rows.Position = 0;
        for (int read; (read = await rows.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            index.Note(buffer.AsSpan(0, read));
        }

        var id = TableId.New();
        rows.Position = 0;
        var blob = await blobs.PutAsync(workspace, OwnerOf(id), rows, long.MaxValue, cancellationToken);
        if (!blob.IsSuccess)
        {
            return blob.Error;
        }

        var row = new BatchTableRow
        {
            Id = id,
            WorkspaceId = workspace,
            Name = name.Length <= MaxName ? name : name[..MaxName],
            Columns = StudioJson.Write(shape.Columns, StudioJson.Default.IReadOnlyListString),
            Rows = index.Rows,
            Notes = StudioJson.Write(shape.Notes, StudioJson.Default.IReadOnlyListTableNote),
            Sha256 = blob.Value.Sha256,
            Places = index.Write(),
            AddedBy = by.Value,
            AddedAt = time.GetUtcNow(),
        };
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.BatchTables.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        return row.ToTable();
    }

    private async Task SweepAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var before = time.GetUtcNow() - s_unused;
        var unused = await context.BatchTables
            .Where(row => row.WorkspaceId == workspace && row.AddedAt < before && !context.Batches.Any(batch => batch.TableId == row.Id))
            .OrderBy(row => row.AddedAt).Take(SweptAtOnce).Select(row => new { row.Id, row.Sha256 }).ToListAsync(cancellationToken);
        foreach (var table in unused)
        {
            if (await context.BatchTables.Where(row => row.Id == table.Id && !context.Batches.Any(batch => batch.TableId == row.Id)).ExecuteDeleteAsync(cancellationToken) > 0)
            {
                await blobs.ReleaseAsync(workspace, table.Sha256, OwnerOf(table.Id), cancellationToken);
            }
        }
    }

    private FileStream Temporary() => new(
        Path.Combine(folder.Incoming, Guid.NewGuid().ToString("N")), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0,
        FileOptions.DeleteOnClose | FileOptions.Asynchronous);

    private static async Task<Error?> CopyAsync(Stream from, FileStream to, long limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        for (int read; (read = await from.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (to.Length + read > limit)
            {
                return TableErrors.TooLarge(to.Length + read, limit);
            }

            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return null;
    }

    private static IQueryable<BatchTableRow> Of(StudioDbContext context, WorkspaceId workspace, TableId id, UserId? addedBy)
    {
        var rows = context.BatchTables.AsNoTracking().Where(row => row.Id == id && row.WorkspaceId == workspace);
        return addedBy is { } person ? rows.Where(row => row.AddedBy == person.Value) : rows;
    }
}
