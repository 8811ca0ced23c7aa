using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class QualityRunStoreTests(DataFixture data)
{
    private readonly IQualityRuns _runs = data.Get<IQualityRuns>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task Runs_AreKept_OldestFirst_OneADayWhereNothingChanges()
    {
        var id = await BaseAsync("Measured");
        await AddAsync(id, .8, "a");
        await AddAsync(id, .8, "a", TimeSpan.FromMinutes(1));
        await AddAsync(id, .8, "b", TimeSpan.FromMinutes(1));
        await AddAsync(id, .9, "b", TimeSpan.FromMinutes(1));
        await AddAsync(id, .9, "b", TimeSpan.FromDays(1));

        var runs = await _runs.ListAsync(Workspace, id, Token);
        Assert.Equal([(.8, "a"), (.8, "b"), (.9, "b"), (.9, "b")], runs.Select(run => (run.Mean.Ndcg, run.Settings)));
        Assert.Equal(runs.Select(run => run.At).Order(), runs.Select(run => run.At));
        Assert.Equal(new RankingQuality(3, .7, .8, .6, 10), runs[0].Mean);
        Assert.Empty(await _runs.ListAsync(WorkspaceId.New(), id, Token));
    }

    [Fact]
    public async Task Nothing_IsKept_WithoutQuestions_OrOfABaseOfOthers()
    {
        var id = await BaseAsync("Unmeasured");
        await _runs.AddAsync(Workspace, id, new(0, 0, 0, 0, 10), "a", Token);
        await _runs.AddAsync(WorkspaceId.New(), id, new(3, .7, .8, .6, 10), "a", Token);
        await _runs.AddAsync(Workspace, KnowledgeBaseId.New(), new(3, .7, .8, .6, 10), "a", Token);
        Assert.Empty(await _runs.ListAsync(Workspace, id, Token));
    }

    [Fact]
    public async Task OfTooManyRuns_TheOldestGo()
    {
        var id = await BaseAsync("Often measured");
        foreach (var i in Enumerable.Range(0, IQualityRuns.Most + 3))
        {
            await AddAsync(id, i / 1_000.0, "a", TimeSpan.FromSeconds(1));
        }

        var runs = await _runs.ListAsync(Workspace, id, Token);
        Assert.Equal((IQualityRuns.Most, .003), (runs.Count, runs[0].Mean.Ndcg));
    }

    private Task AddAsync(KnowledgeBaseId id, double ndcg, string settings, TimeSpan later = default)
    {
        data.Time.Advance(later);
        return _runs.AddAsync(Workspace, id, new(3, .7, ndcg, .6, 10), settings, Token);
    }

    private async Task<KnowledgeBaseId> BaseAsync(string name) =>
        (await data.Get<IKnowledgeStore>().CreateBaseAsync(Workspace, name, "minilm", data.Owner.User, Token)).Id;

    public sealed class OnSqlite(SqliteData data) : QualityRunStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : QualityRunStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
