using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Audit;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Data.Tests;

public abstract class BatchStoreTests(DataFixture data)
{
    private readonly IBatchStore _batches = data.Get<IBatchStore>();
    private readonly IBatchWork _work = data.Get<IBatchWork>();
    private readonly ITableStore _tables = data.Get<ITableStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task Outcomes_AreKeptOnce_WithWhereTheBatchStands()
    {
        var batch = await StartAsync(5);
        Assert.Contains(batch.Id, await _work.ListRunningAsync(Token));
        var progress = BatchProgress.Of(batch);
        BatchResult[] results = [Result(3, BatchRowState.Succeeded), Result(1, BatchRowState.Failed)];
        progress = results.Aggregate(progress, (sum, result) => sum.Plus(result));

        var revision = await _work.CommitAsync(batch.Id, batch.Revision, progress with { RowsPerSecond = 2, Reason = new Error("a", "b", "c"), WaitsUntil = data.Time.GetUtcNow() }, results, Token);

        Assert.Equal(batch.Revision + 1, revision);
        // A second run of the batch, or the same one once more, comes too late.
        Assert.Null(await _work.CommitAsync(batch.Id, batch.Revision, progress, results, Token));
        var now = (await _batches.FindAsync(Workspace, batch.Id, null, Token))!;
        Assert.Equal((1, 1, new BatchSpending(2, 20, 4, 0.2m), 2.0, "a"), (now.Succeeded, now.Failed, now.Spent, now.RowsPerSecond!.Value, now.Reason!.Code));
        Assert.Equal(results.OrderBy(result => result.Row), await _batches.ListResultsAsync(batch.Id, null, -1, 10, Token));
        Assert.Equal([1], (await _batches.ListResultsAsync(batch.Id, BatchRowState.Failed, -1, 10, Token)).Select(result => result.Row));
        Assert.Equal([1, 3], await _work.ListDoneAsync(batch.Id, Token).ToListAsync(Token));
        Assert.Equal(1.5, now.Left?.TotalSeconds);
    }

    [Fact]
    public async Task WhatAPersonWants_IsNotWrittenOver_ByTheRunThatGoesOn()
    {
        var batch = await StartAsync(5);
        var paused = (await ChangeAsync(batch, new BatchChange.Pause())).Value;
        Assert.Equal((BatchState.Paused, "batch.paused"), (paused.State, paused.Reason!.Code));
        Assert.Null(await _work.CommitAsync(batch.Id, batch.Revision, BatchProgress.Of(batch), [Result(0, BatchRowState.Succeeded)], Token));
        Assert.Empty(await _batches.ListResultsAsync(batch.Id, null, -1, 10, Token));
        Assert.Equal("batch.not_running", (await ChangeAsync(batch, new BatchChange.Pause())).Error?.Code);

        var resumed = (await ChangeAsync(batch, new BatchChange.Resume(new BatchBudget(Rows: 3)))).Value;
        Assert.Equal((BatchState.Running, 3L), (resumed.State, resumed.Plan.Budget.Rows!.Value));
        Assert.Null(resumed.Reason);
        Assert.Equal("batch.not_paused", (await ChangeAsync(batch, new BatchChange.Resume(null))).Error?.Code);
        Assert.Equal("batch.nothing_failed", (await RetryWithoutFailuresAsync(batch)).Error?.Code);
    }

    [Fact]
    public async Task FailedRows_LoseTheirOutcome_ToBeAskedOnceMore_AndKeepWhatTheyCost()
    {
        var batch = await StartAsync(2);
        BatchResult[] results = [Result(0, BatchRowState.Succeeded), Result(1, BatchRowState.Failed)];
        var done = results.Aggregate(BatchProgress.Of(batch), (sum, result) => sum.Plus(result)) with { State = BatchState.Done };
        await _work.CommitAsync(batch.Id, batch.Revision, done, results, Token);

        var again = (await ChangeAsync(batch, new BatchChange.RetryFailed())).Value;

        Assert.Equal((BatchState.Running, 1, 0, 2), (again.State, again.Succeeded, again.Failed, again.Spent.Rows));
        Assert.Null(again.EndedAt);
        Assert.Equal([0], await _work.ListDoneAsync(batch.Id, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task ABatch_IsSeenInItsWorkspaceAlone_AndGoesWithItsTable()
    {
        var batch = await StartAsync(3);
        Assert.Null(await _batches.FindAsync(DataFixture.Elsewhere(), batch.Id, null, Token));
        Assert.Null(await _batches.FindAsync(Workspace, batch.Id, UserId.New(), Token));
        Assert.Null(await _tables.FindAsync(DataFixture.Elsewhere(), batch.Table, null, Token));
        Assert.Empty(await _tables.ReadAsync(DataFixture.Elsewhere(), batch.Table, 0, Token).ToListAsync(Token));
        Assert.Equal(["row 1", "row 2"], await _tables.ReadAsync(Workspace, batch.Table, 1, Token).Select(row => row.TextOf(0)).ToListAsync(Token));
        Assert.Equal("batch.still_running", (await _batches.DeleteAsync(Workspace, batch.Id, Owner, Token)).Error?.Code);
        await ChangeAsync(batch, new BatchChange.Cancel());
        var second = (await _batches.CreateAsync(new NewBatch(Workspace, "Other", batch.Table, batch.Plan, Owner, null), Token)).Value;
        Assert.Equal("table.not_found", (await _batches.CreateAsync(new NewBatch(Workspace, "Other", TableId.New(), batch.Plan, Owner, null), Token)).Error?.Code);

        Assert.True((await _batches.DeleteAsync(Workspace, batch.Id, Owner, Token)).IsSuccess);
        var table = (await _tables.FindAsync(Workspace, batch.Table, null, Token))!;
        await ChangeAsync(second, new BatchChange.Cancel());
        Assert.True((await _batches.DeleteAsync(Workspace, second.Id, Owner, Token)).IsSuccess);
        Assert.Null(await _tables.FindAsync(Workspace, batch.Table, null, Token));
        Assert.Null(await data.Get<IBlobStore>().OpenAsync(Workspace, table.Sha256, Token));
        var said = (await data.Get<IAuditLog>().ListAsync(Workspace, new AuditQuery { Area = "batch" }, null, 10, Token)).Items.Select(entry => entry.Action);
        Assert.Contains("batch.deleted", said);
    }

    [Fact]
    public async Task ATableThatNobodyCameToUse_IsRemovedAfterAWeek()
    {
        var unused = await AddAsync(Guid.NewGuid().ToString());
        var used = await StartAsync(1);
        data.Time.Advance(TimeSpan.FromDays(8));
        await AddAsync(Guid.NewGuid().ToString());
        Assert.Null(await _tables.FindAsync(Workspace, unused.Id, null, Token));
        Assert.NotNull(await _tables.FindAsync(Workspace, used.Table, null, Token));
    }

    [Fact]
    public async Task ABatch_HasTheRightsThatItsStarterStillHolds()
    {
        var member = await data.JoinAsync($"{Guid.NewGuid():N}@example.com", Role.Builder);
        var key = (await data.Get<ApiKeyStore>().CreateAsync(Workspace, member.User, "k", [Permissions.ModelsUse], null, Token)).Value.Key;
        var batch = await StartAsync(1, member.User, key.Id);
        var rights = (await _work.RightsOfAsync(batch, Token)).Value;
        Assert.Equal((true, false), (rights.May(Permissions.ModelsUse), rights.May(Permissions.KnowledgeSearch)));
        Assert.True((await _work.RightsOfAsync(batch with { Key = null }, Token)).Value.May(Permissions.KnowledgeSearch));

        await data.Get<ApiKeyStore>().RevokeAsync(Workspace, key.Id, null, member.User, Token);
        Assert.Equal("batch.key_gone", (await _work.RightsOfAsync(batch, Token)).Error?.Code);
        Assert.Equal("batch.starter_gone", (await _work.RightsOfAsync(batch with { StartedBy = UserId.New() }, Token)).Error?.Code);
    }

    private Task<Result<Batch>> ChangeAsync(Batch batch, BatchChange change) => _batches.ChangeAsync(Workspace, batch.Id, change, Owner, null, Token);

    private async Task<Result<Batch>> RetryWithoutFailuresAsync(Batch batch)
    {
        await ChangeAsync(batch, new BatchChange.Cancel());
        return await ChangeAsync(batch, new BatchChange.RetryFailed());
    }

    private async Task<Batch> StartAsync(int rows, UserId? by = null, ApiKeyId? key = null)
    {
        var table = await AddAsync(string.Concat(Enumerable.Range(0, rows).Select(row => $"row {row}\n")));
        var plan = new BatchPlan { Prompt = new PromptContent { Messages = [new(MessageRole.User, "{{a}}")] }, Columns = new Dictionary<string, string> { ["a"] = "a" } };
        return (await _batches.CreateAsync(new NewBatch(Workspace, "Rows", table.Id, plan, by ?? Owner, key), Token)).Value;
    }

    private async Task<StoredTable> AddAsync(string rows) =>
        (await _tables.AddAsync(Workspace, "rows.csv", new MemoryStream(Encoding.UTF8.GetBytes(rows)), Owner, Token)).Value;

    private static BatchResult Result(long row, BatchRowState state) => new(
        row, state, $"answer {row}", state == BatchRowState.Failed ? new Error("code", "What.", "Next.") : null, 1, 10, 2, 0.1m, 12.5);

    public sealed class OnSqlite(SqliteData data) : BatchStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : BatchStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}

/// <summary>One column, a line a row; the reader of tables is another room's.</summary>
public sealed class LineReader : ITableReader
{
    public async Task<Result<TableShape>> ReadAsync(Stream content, string name, TableLimits limits, Stream rows, CancellationToken cancellationToken)
    {
        content.Position = 0;
        using var text = new StreamReader(content, leaveOpen: true);
        var count = 0;
        for (; await text.ReadLineAsync(cancellationToken) is { } line; count++)
        {
            await rows.WriteAsync(Encoding.UTF8.GetBytes($"[\"{line}\"]\n"), cancellationToken);
        }

        return new TableShape(["a"], count, []);
    }
}
