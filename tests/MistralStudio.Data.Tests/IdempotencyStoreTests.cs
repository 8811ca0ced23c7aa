using MistralStudio.Data.Idempotency;

namespace MistralStudio.Data.Tests;

public abstract class IdempotencyStoreTests(DataFixture data)
{
    private readonly IdempotencyStore _store = data.Get<IdempotencyStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARepeatedRequest_GetsTheFirstAnswer_ForADay()
    {
        var request = Request("repeat");
        Assert.IsType<IdempotencyDecision.Begin>(await _store.BeginAsync(request, Token));
        Assert.IsType<IdempotencyDecision.Running>(await _store.BeginAsync(request, Token));
        await _store.CompleteAsync(request, new IdempotentAnswer(201, "application/json", "/api/x/1", [1, 2, 3]), Token);
        var answer = Assert.IsType<IdempotencyDecision.Replay>(await _store.BeginAsync(request, Token)).Answer;
        Assert.Equal((201, "/api/x/1", 3), (answer.Status, answer.Location, answer.Body.Length));
        data.Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        Assert.IsType<IdempotencyDecision.Begin>(await _store.BeginAsync(request, Token));
    }

    [Fact]
    public async Task AKeyForAnotherRequest_IsAMismatch_AndAnotherActorsIsTheirOwn()
    {
        var request = Request("reused");
        await _store.BeginAsync(request, Token);
        Assert.IsType<IdempotencyDecision.Mismatch>(await _store.BeginAsync(request with { Fingerprint = "other" }, Token));
        Assert.IsType<IdempotencyDecision.Mismatch>(await _store.BeginAsync(request with { Route = "/api/other" }, Token));
        Assert.IsType<IdempotencyDecision.Begin>(await _store.BeginAsync(request with { Actor = "key/2" }, Token));
    }

    [Fact]
    public async Task AFailedOrKilledRequest_MayBeTriedAgain()
    {
        var failed = Request("failed");
        await _store.BeginAsync(failed, Token);
        await _store.AbandonAsync(failed, Token);
        Assert.IsType<IdempotencyDecision.Begin>(await _store.BeginAsync(failed, Token));
        data.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.IsType<IdempotencyDecision.Begin>(await _store.BeginAsync(failed, Token));
    }

    [Fact]
    public async Task OfManyAtOnce_OneBegins()
    {
        var request = Request("crowd");
        var decisions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _store.BeginAsync(request, Token), Token)));
        Assert.Single(decisions, decision => decision is IdempotencyDecision.Begin);
    }

    private IdempotentRequest Request(string key) => new(data.Owner.Workspace, "key/1", key, "/api/knowledge-bases", "fingerprint");

    public sealed class OnSqlite(SqliteData data) : IdempotencyStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : IdempotencyStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
