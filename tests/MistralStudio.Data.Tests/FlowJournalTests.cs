using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Data.Flows;

namespace MistralStudio.Data.Tests;

public abstract class FlowJournalTests(DataFixture data)
{
    private readonly IFlowJournal _journal = data.Get<IFlowJournal>();
    private readonly IRunStore _runs = data.Get<IRunStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task Events_ComeBackAsTheyWere_AndTheRunIsWhereTheyLeftIt()
    {
        var (run, start) = await NewRunAsync();
        var bookmark = new Bookmark(BookmarkId.New(), BookmarkKind.Approval) { Title = "May it go?", Who = ["role:builder"], Decisions = ["approved", "refused"] };
        var due = At(60);
        RunEvent[] first = [new RunStarted(start) { Seq = 1, At = At(0) }, new NodeStarted { Seq = 2, At = At(0), Node = "each[17]/draft", Attempt = 2 }];
        RunEvent[] second =
        [
            new NodeSucceeded(new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("größer \0 ''") }) { Seq = 3, At = At(1), Node = "each[17]/draft", Attempt = 2, Usage = new(3, 4, 0.000125m) },
            new Suspended(bookmark) { Seq = 4, At = At(1), Node = "ask", Attempt = 1 },
        ];
        Assert.True((await _journal.AppendAsync(new(run, first, RunStatus.Running, null), Token)).IsSuccess);
        Assert.Contains(run, await _runs.ListRunningAsync(Token));
        Assert.True((await _journal.AppendAsync(new(run, second, RunStatus.Suspended, due), Token)).IsSuccess);
        Assert.Equal([.. first, .. second], await ReadAsync(run), (one, other) => RunEventCodec.Wire(one).AsSpan().SequenceEqual(RunEventCodec.Wire(other)));
        Assert.Equal([3, 4], (await ReadAsync(run, 2)).Select(one => one.Seq));

        var waiting = (await _runs.FindAsync(Workspace, run, null, Token))!;
        Assert.Equal((RunStatus.Suspended, due, At(0), At(1)), (waiting.Status, waiting.ClockAt, waiting.StartedAt, waiting.UpdatedAt));
        Assert.Contains((run, due), await _runs.ListDueAsync(due, 100, Token));
        Assert.DoesNotContain(run, (await _runs.ListDueAsync(due.AddTicks(-1), 100, Token)).Select(found => found.Run));
        Assert.DoesNotContain(run, await _runs.ListRunningAsync(Token));
        Assert.Null(await _runs.FindAsync(DataFixture.Elsewhere(), run, null, Token));

        var error = new Error("model.gone", "The model is gone.", "Choose another.");
        RunEvent end = new RunFinished(RunStatus.Failed, new Dictionary<string, FlowValue>(), error) { Seq = 5, At = At(2), Usage = new(30, 40, 0.00125m) };
        Assert.True((await _journal.AppendAsync(new(run, [end], RunStatus.Failed, null), Token)).IsSuccess);
        var ended = (await _runs.FindAsync(Workspace, run, null, Token))!;
        Assert.Equal((RunStatus.Failed, At(2), null, error, new RunUsage(30, 40, 0.00125m)), (ended.Status, ended.EndedAt, ended.ClockAt, ended.Error, ended.Usage));
        Assert.Equal(run, Assert.Single((await _runs.ListAsync(Workspace, new(start.Flow, RunStatus.Failed), null, 10, Token)).Items).Id);
        Assert.Empty((await _runs.ListAsync(Workspace, new(start.Flow, RunStatus.Running), null, 10, Token)).Items);
    }

    [Fact]
    public async Task ASecondLoop_IsRefused_AndWritesNothing()
    {
        var (run, start) = await NewRunAsync();
        RunEvent begin = new RunStarted(start) { Seq = 1, At = At(0) };
        Assert.True((await _journal.AppendAsync(new(run, [begin], RunStatus.Running, null), Token)).IsSuccess);
        Assert.Equal(FlowRunErrors.JournalTakenCode, (await _journal.AppendAsync(new(run, [begin], RunStatus.Running, null), Token)).Error?.Code);
        var next = Enumerable.Range(0, 20).Select(i => _journal.AppendAsync(
            new(run, [new NodeSkipped { Seq = 2, At = At(1), Node = $"n{i}" }], RunStatus.Running, null), Token).AsTask()).ToList();
        var outcomes = await Task.WhenAll(next);
        Assert.Single(outcomes, outcome => outcome.IsSuccess);
        Assert.All(outcomes.Where(outcome => !outcome.IsSuccess), outcome => Assert.Equal(FlowRunErrors.JournalTakenCode, outcome.Error!.Code));
        Assert.Equal(2, (await ReadAsync(run)).Count);

        // Nor may a run go on behind a gap.
        Assert.False((await _journal.AppendAsync(new(run, [new NodeSkipped { Seq = 9, At = At(2), Node = "far" }], RunStatus.Running, null), Token)).IsSuccess);
    }

    [Fact]
    public async Task ManyRunsAtOnce_AreAllKept_AndOneThatCannotBeHurtsNoOther()
    {
        var runs = new List<(RunId Run, RunStart Start)>();
        for (var i = 0; i < 40; i++)
        {
            runs.Add(await NewRunAsync());
        }

        var nowhere = runs[7].Start with { Flow = FlowId.New() };
        var lost = _journal.AppendAsync(new(RunId.New(), [new RunStarted(nowhere) { Seq = 1, At = At(0) }], RunStatus.Running, null), Token).AsTask();
        var appended = runs.ConvertAll(one => WriteAsync(one.Run, one.Start));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => lost);
        await Task.WhenAll(appended);
        foreach (var (run, _) in runs)
        {
            Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), (await ReadAsync(run)).Select(one => one.Seq));
        }
    }

    [Fact]
    public async Task AFlowWithARunThatHasNotEnded_Stays_AndTakesItsRunsAlongLater()
    {
        var (run, start) = await NewRunAsync();
        var flows = data.Get<IFlowStore>();
        await _journal.AppendAsync(new(run, [new RunStarted(start) { Seq = 1, At = At(0) }], RunStatus.Suspended, null), Token);
        Assert.Equal("flow.has_runs", (await flows.DeleteAsync(Workspace, start.Flow, null, Token)).Error?.Code);
        await _journal.AppendAsync(new(run, [new RunFinished(RunStatus.Cancelled, new Dictionary<string, FlowValue>(), null) { Seq = 2, At = At(1) }], RunStatus.Cancelled, null), Token);
        var blobs = data.Get<IBlobStore>();
        var value = (await blobs.PutAsync(Workspace, FlowValue.OwnerOf(run), new MemoryStream("a long value"u8.ToArray()), 100, Token)).Value;
        var shared = (await blobs.PutAsync(Workspace, "document/1", new MemoryStream("a document"u8.ToArray()), 100, Token)).Value;
        await blobs.PutAsync(Workspace, FlowValue.OwnerOf(run), new MemoryStream("a document"u8.ToArray()), 100, Token);
        Assert.True((await flows.DeleteAsync(Workspace, start.Flow, null, Token)).IsSuccess);
        Assert.Null(await blobs.OpenAsync(Workspace, value.Sha256, Token));
        await using (var left = await blobs.OpenAsync(Workspace, shared.Sha256, Token))
        {
            Assert.NotNull(left);
        }

        Assert.Null(await _runs.FindAsync(Workspace, run, null, Token));
        Assert.Empty(await ReadAsync(run));
    }

    [Fact]
    public async Task AResult_IsTakenByAnyRunOfItsWorkspace_UntilADocumentOfItGoes()
    {
        var (run, start) = await NewRunAsync();
        await _journal.AppendAsync(new(run, [new RunStarted(start) { Seq = 1, At = At(0) }], RunStatus.Running, null), Token);
        var knowledge = data.Get<IKnowledgeStore>();
        var @base = await knowledge.CreateBaseAsync(Workspace, "Filings", "model", null, Token);
        var document = (await knowledge.AddDocumentAsync(Workspace, @base.Id, new("a.md", "text/markdown", 3, new string('a', 64), null), Token))!;
        var results = data.Get<INodeResults>();
        var outputs = new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("said").From([document.Id]) };
        var key = Guid.NewGuid().ToString("N");
        Assert.Null(await results.FindAsync(Workspace, key, Token));
        await results.KeepAsync(Workspace, key, run, outputs, Token);
        await results.KeepAsync(Workspace, key, run, outputs, Token);
        Assert.Equal("said", (await results.FindAsync(Workspace, key, Token))!["text"].Text);
        Assert.Null(await results.FindAsync(DataFixture.Elsewhere(), key, Token));
        await knowledge.BeginDeletionAsync(Workspace, @base.Id, document.Id, null, Token);
        Assert.Null(await results.FindAsync(Workspace, key, Token));
    }

    [Fact]
    public async Task WhatCameFromADocument_GoesWithIt_AndNothingElse()
    {
        var (run, start) = await NewRunAsync();
        var knowledge = data.Get<IKnowledgeStore>();
        var blobs = data.Get<IBlobStore>();
        var @base = await knowledge.CreateBaseAsync(Workspace, "Filings", "model", null, Token);
        var document = (await knowledge.AddDocumentAsync(Workspace, @base.Id, new("b.md", "text/markdown", 3, new string('b', 64), null), Token))!;
        var other = (await knowledge.AddDocumentAsync(Workspace, @base.Id, new("c.md", "text/markdown", 3, new string('c', 64), null), Token))!;
        var file = (await blobs.PutAsync(Workspace, FlowValue.OwnerOf(run), new MemoryStream("a long secret"u8.ToArray()), 100, Token)).Value;
        RunEvent[] events =
        [
            new RunStarted(start) { Seq = 1, At = At(0) },
            new NodeSucceeded(Values(("text", FlowValue.Of("a secret").From([document.Id, other.Id])), ("long", FlowValue.Stored(file).From([document.Id])), ("mine", FlowValue.Of("my own")), ("its", FlowValue.Of("its own").From([other.Id]))))
                { Seq = 2, At = At(1), Node = "search" },
            new StepSucceeded(FlowValue.Of("a secret").From([document.Id])) { Seq = 3, At = At(1), Node = "agent", Step = 1 },
            new Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Approval) { Title = "Send the secret?", Details = FlowValue.Of("a secret").Json, Sources = [document.Id] }) { Seq = 4, At = At(1), Node = "ask" },
        ];
        Assert.True((await _journal.AppendAsync(new(run, events, RunStatus.Suspended, null), Token)).IsSuccess);
        await data.Get<INodeResults>().KeepAsync(Workspace, Guid.NewGuid().ToString("N"), run, Values(("text", FlowValue.Of("a secret").From([document.Id]))), Token);

        await knowledge.BeginDeletionAsync(Workspace, @base.Id, document.Id, null, Token);
        await data.Get<IPassageStore>().RemoveAsync(document.Id, Token);

        var left = await ReadAsync(run);
        var outputs = Assert.IsType<NodeSucceeded>(left[1]).Outputs;
        Assert.True(outputs["text"].IsErased && outputs["long"].IsErased);
        Assert.Equal(("my own", "its own"), (outputs["mine"].Text, outputs["its"].Text));
        Assert.True(Assert.IsType<StepSucceeded>(left[2]).Value.IsErased);
        Assert.DoesNotContain(left, one => System.Text.Encoding.UTF8.GetString(RunEventCodec.Wire(one)).Contains("secret", StringComparison.Ordinal));
        Assert.Null(await blobs.OpenAsync(Workspace, file.Sha256, Token));
        await using (var context = await data.Get<Microsoft.EntityFrameworkCore.IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Token))
        {
            Assert.DoesNotContain(context.NodeResults, row => row.RunId == run);
        }

        // A run that had it in its hands writes once more; that goes the next time.
        RunEvent end = new RunFinished(RunStatus.Succeeded, Values(("text", FlowValue.Of("a secret").From([document.Id]))), null) { Seq = 5, At = At(2) };
        Assert.True((await _journal.AppendAsync(new(run, [end], RunStatus.Succeeded, null), Token)).IsSuccess);
        await data.Get<RunErasure>().EraseAsync(null, Token);
        Assert.True(Assert.IsType<RunFinished>((await ReadAsync(run))[4]).Outputs["text"].IsErased);

        static Dictionary<string, FlowValue> Values(params (string Name, FlowValue Value)[] values) => values.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
    }

    private DateTimeOffset At(int seconds) => data.Time.GetUtcNow().AddSeconds(seconds);

    private async Task WriteAsync(RunId run, RunStart start)
    {
        Assert.True((await _journal.AppendAsync(new(run, [new RunStarted(start) { Seq = 1, At = At(0) }], RunStatus.Running, null), Token)).IsSuccess);
        for (var seq = 2; seq <= 12; seq++)
        {
            Assert.True((await _journal.AppendAsync(new(run, [new NodeSkipped { Seq = seq, At = At(seq), Node = $"n{seq}" }], RunStatus.Running, null), Token)).IsSuccess);
        }
    }

    private async Task<(RunId Run, RunStart Start)> NewRunAsync()
    {
        var flow = (await data.Get<IFlowStore>().CreateAsync(Workspace, "Run me", "{}", data.Owner.User, Token)).Value;
        return (RunId.New(), new RunStart { Workspace = Workspace, Flow = flow.Id, Definition = new string('a', 64), Authority = new(data.Owner.User, null), Trigger = RunTrigger.Webhook });
    }

    private async Task<List<RunEvent>> ReadAsync(RunId run, long after = 0) => await _journal.ReadAsync(run, after, Token).ToListAsync(Token);

    public sealed class OnSqlite(SqliteData data) : FlowJournalTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : FlowJournalTests(data.OrSkip()), IClassFixture<PostgresData>;
}
