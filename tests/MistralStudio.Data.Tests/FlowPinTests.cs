using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Tests;

public abstract class FlowPinTests(DataFixture data)
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);

    private readonly IFlowPins _pins = data.Get<IFlowPins>();
    private readonly IFlowStore _flows = data.Get<IFlowStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task ANode_IsPinnedToARunOfItsFlow_ToAnother_AndNotAnyMore()
    {
        var flow = await CreateAsync();
        var (one, two) = (await RunAsync(flow), await RunAsync(flow));

        Assert.True(await _pins.PinAsync(Workspace, flow.Id, "each/draft", new FlowPin(one, "each[3]/draft") { By = data.Owner.User }, Token));
        var pin = Assert.Single(await _pins.ListAsync(Workspace, flow.Id, Token));
        Assert.Equal(("each/draft", one, "each[3]/draft", data.Owner.User), (pin.Key, pin.Value.Run, pin.Value.Instance, pin.Value.By));

        Assert.True(await _pins.PinAsync(Workspace, flow.Id, "each/draft", new FlowPin(two, "each[0]/draft"), Token));
        Assert.True(await _pins.PinAsync(Workspace, flow.Id, "search", new FlowPin(two, "search"), Token));
        Assert.Equal([("each/draft", two), ("search", two)], (await _pins.ListAsync(Workspace, flow.Id, Token)).OrderBy(one => one.Key).Select(one => (one.Key, one.Value.Run)));

        await _pins.UnpinAsync(DataFixture.Elsewhere(), flow.Id, "search", Token);
        Assert.Equal(2, (await _pins.ListAsync(Workspace, flow.Id, Token)).Count);
        await _pins.UnpinAsync(Workspace, flow.Id, "search", Token);
        Assert.Equal("each/draft", Assert.Single(await _pins.ListAsync(Workspace, flow.Id, Token)).Key);
        Assert.Empty(await _pins.ListAsync(DataFixture.Elsewhere(), flow.Id, Token));
    }

    [Fact]
    public async Task ARunOfAnotherFlow_OrAnotherWorkspace_PinsNothing_AndPinsGoWithTheirFlow()
    {
        var (flow, other) = (await CreateAsync(), await CreateAsync());
        var run = await RunAsync(other);

        Assert.False(await _pins.PinAsync(Workspace, flow.Id, "a", new FlowPin(run, "a"), Token));
        Assert.False(await _pins.PinAsync(DataFixture.Elsewhere(), other.Id, "a", new FlowPin(run, "a"), Token));
        Assert.False(await _pins.PinAsync(Workspace, other.Id, "a", new FlowPin(RunId.New(), "a"), Token));
        Assert.True(await _pins.PinAsync(Workspace, other.Id, "a", new FlowPin(run, "a"), Token));
        Assert.True((await _flows.DeleteAsync(Workspace, other.Id, data.Owner.User, Token)).IsSuccess);
        Assert.Empty(await _pins.ListAsync(Workspace, other.Id, Token));
    }

    private async Task<Flow> CreateAsync() => (await _flows.CreateAsync(Workspace, "Pinned", """{"nodes":[]}""", data.Owner.User, Token)).Value;

    private async Task<RunId> RunAsync(Flow flow)
    {
        var run = RunId.New();
        var start = new RunStart { Workspace = Workspace, Flow = flow.Id, Definition = new string('a', 64), Authority = new RunAuthority(data.Owner.User, null), StartedBy = data.Owner.User };
        RunEvent[] events =
        [
            new RunStarted(start) { Seq = 1, At = s_now },
            new RunFinished(RunStatus.Succeeded, new Dictionary<string, FlowValue>(), null) { Seq = 2, At = s_now },
        ];
        Assert.True((await data.Get<IFlowJournal>().AppendAsync(new RunCommit(run, events, RunStatus.Succeeded, null), Token)).IsSuccess);
        return run;
    }

    public sealed class OnSqlite(SqliteData data) : FlowPinTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : FlowPinTests(data.OrSkip()), IClassFixture<PostgresData>;
}
