using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Tests;

/// <summary>Which runs a list has, and what waits.</summary>
public abstract class RunListTests(DataFixture data)
{
    private static readonly DateTimeOffset s_day = new(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);

    private readonly IRunStore _runs = data.Get<IRunStore>();
    private readonly IFlowStore _flows = data.Get<IFlowStore>();
    private readonly IFlowJournal _journal = data.Get<IFlowJournal>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task Runs_AreFoundByNode_Text_Time_AndCost()
    {
        var flow = (await _flows.CreateAsync(Workspace, "Filtered", "{}", data.Owner.User, Token)).Value.Id;
        var cheap = await RunAsync(flow, 0, Done("each[3]/draft", "He said \"größer\"\n50 % off"), 0.004m);
        var dear = await RunAsync(flow, 1, Done("search", "nothing of interest"), 12.5m);
        var free = await RunAsync(flow, 2, new NodeSkipped { Node = "draft" }, null, new Error("x.broke", "The printer is on fire.", "Call somebody."));

        Assert.Equal([free, dear, cheap], await FindAsync(new(flow)));
        Assert.Equal([cheap], await FindAsync(new(flow) { Node = "draft" }));
        Assert.Equal([dear], await FindAsync(new(flow) { Node = "search" }));
        Assert.Empty(await FindAsync(new(flow) { Node = "raft" }));
        Assert.Equal([cheap], await FindAsync(new(flow) { Text = "said \"größer\"\n50 %" }));
        Assert.Equal([free], await FindAsync(new(flow) { Text = "printer" }));
        Assert.Empty(await FindAsync(new(flow) { Text = "Nothing of interest" }));
        Assert.Equal([dear], await FindAsync(new(flow) { LeastCost = 0.01m }));
        Assert.Equal([dear, cheap], await FindAsync(new(flow) { LeastCost = 0.004m }));
        Assert.Equal([free, dear], await FindAsync(new(flow) { Since = s_day.AddHours(1) }));
        Assert.Equal([dear], await FindAsync(new(flow, RunStatus.Succeeded) { Since = s_day.AddHours(1), Text = "nothing", LeastCost = 1, Node = "search" }));
        Assert.True(new RunFilter(StartedBy: data.Owner.User).IsAll);
        Assert.False(new RunFilter { Text = "x" }.IsAll);
    }

    [Fact]
    public async Task WhatWaits_IsListed_TheLongestFirst_PageByPage()
    {
        var flow = (await _flows.CreateAsync(Workspace, "Waiting", "{}", data.Owner.User, Token)).Value.Id;
        var waiting = new List<RunId>();
        for (var hour = 0; hour < 5; hour++)
        {
            waiting.Add(await RunAsync(flow, -100 + hour, new Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Approval)) { Node = "ask" }, null, status: hour == 3 ? RunStatus.Uncertain : RunStatus.Suspended));
        }

        await RunAsync(flow, -99, Done("a", "x"), null);
        var found = new List<RunId>();
        string? after = null;
        do
        {
            var page = await _runs.ListWaitingAsync(Workspace, after, 2, Token);
            Assert.InRange(page.Items.Count, 1, 2);
            found.AddRange(page.Items.Select(run => run.Id));
            after = page.After;
        }
        while (after is not null);

        Assert.Equal(waiting, found.Where(waiting.Contains));
        Assert.Equal(found.Count, found.Distinct().Count());
        Assert.Empty((await _runs.ListWaitingAsync(DataFixture.Elsewhere(), null, 10, Token)).Items);
    }

    private static NodeSucceeded Done(string node, string text) => new(new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of(text) }) { Node = node, Attempt = 1 };

    private async Task<IEnumerable<RunId>> FindAsync(RunFilter filter) => (await _runs.ListAsync(Workspace, filter, null, 10, Token)).Items.Select(run => run.Id);

    private async Task<RunId> RunAsync(FlowId flow, int hour, RunEvent happened, decimal? cost, Error? error = null, RunStatus? status = null)
    {
        var (run, at) = (RunId.New(), s_day.AddHours(hour));
        var start = new RunStart { Workspace = Workspace, Flow = flow, Definition = new string('a', 64), Authority = new RunAuthority(data.Owner.User, null), StartedBy = data.Owner.User };
        var ended = error is null ? RunStatus.Succeeded : RunStatus.Failed;
        List<RunEvent> events = [new RunStarted(start) { Seq = 1, At = at }, happened with { Seq = 2, At = at }];
        if (status is null)
        {
            events.Add(new RunFinished(ended, new Dictionary<string, FlowValue>(), error) { Seq = 3, At = at, Usage = new RunUsage(1, 1, cost) });
        }

        Assert.True((await _journal.AppendAsync(new RunCommit(run, events, status ?? ended, null), Token)).IsSuccess);
        return run;
    }

    public sealed class OnSqlite(SqliteData data) : RunListTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : RunListTests(data.OrSkip()), IClassFixture<PostgresData>;
}
