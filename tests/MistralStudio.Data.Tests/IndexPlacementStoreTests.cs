using MistralStudio.Core.Audit;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class IndexPlacementStoreTests(DataFixture data)
{
    private readonly IIndexPlacements _placements = data.Get<IIndexPlacements>();
    private readonly IVectorMakers _makers = data.Get<IVectorMakers>();
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IDataClasses _classes = data.Get<IDataClasses>();

    private static readonly IndexPlacement s_leaving = new(IndexStore.Embedded, IndexStore.Qdrant);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AMove_IsInTheAuditLog_OfTwoAtOnceOnlyOne()
    {
        var id = await BaseAsync("Twice moved");
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => _placements.StartMoveAsync(Workspace, id, IndexPlacement.Embedded, s_leaving, leaves: true, Owner, Token), Token)));
        Assert.Single(started, one => one);
        Assert.Equal(s_leaving, await _placements.FindAsync(id, Token));

        var entry = Assert.Single((await data.Get<IAuditLog>().ListAsync(Workspace, new() { Search = "Twice moved" }, null, 20, Token)).Items);
        Assert.Equal(("knowledge.moved", "this machine to Qdrant", Owner), (entry.Action, entry.Detail, entry.By));
        Assert.True(await _placements.StartMoveAsync(Workspace, id, s_leaving, new(IndexStore.Embedded, IndexStore.Embedded), leaves: false, Owner, Token));
        var back = (await data.Get<IAuditLog>().ListAsync(Workspace, new() { Search = "Twice moved" }, null, 20, Token)).Items[0];
        Assert.Equal("Qdrant to this machine", back.Detail);
        Assert.Null((await data.Get<IAuditLog>().CheckAsync(Workspace, Token)).BrokenAt);
    }

    [Fact]
    public async Task ABaseThatStays_IsNotTakenAway_ByItsMarkOrItsWorkspaces()
    {
        var id = await BaseAsync("Stays");
        Assert.False(await _placements.StaysAsync(id, Token));
        Assert.True(await _classes.SetAsync(Workspace, id, true, Owner, Token));
        Assert.True(await _placements.StaysAsync(id, Token));
        Assert.False(await _placements.StartMoveAsync(Workspace, id, IndexPlacement.Embedded, s_leaving, leaves: true, Owner, Token));

        await _classes.SetAsync(Workspace, id, false, Owner, Token);
        await _classes.SetAsync(Workspace, true, Owner, Token);
        Assert.True(await _placements.StaysAsync(id, Token));
        Assert.False(await _placements.StartMoveAsync(Workspace, id, IndexPlacement.Embedded, s_leaving, leaves: true, Owner, Token));
        Assert.True(await _placements.StartMoveAsync(Workspace, id, IndexPlacement.Embedded, s_leaving, leaves: false, Owner, Token));
        Assert.Contains("Stays", await _placements.ListInAsync(Workspace, null, IndexStore.Qdrant, Token));
        Assert.Equal(["Stays"], await _placements.ListInAsync(Workspace, id, IndexStore.Qdrant, Token));
        Assert.Empty(await _placements.ListInAsync(WorkspaceId.New(), null, IndexStore.Qdrant, Token));
        await _classes.SetAsync(Workspace, false, Owner, Token);
        Assert.False(await _placements.StartMoveAsync(WorkspaceId.New(), id, s_leaving, IndexPlacement.Embedded, leaves: false, Owner, Token));
    }

    [Fact]
    public async Task TheMakerOfVectors_IsKeptWithTheBase_WhereItIsStillTheOneThatWasRead()
    {
        var id = await BaseAsync("Made");
        Assert.Null(await _makers.FindAsync(id, Token));
        Assert.True(await _makers.TryWriteAsync(id, null, "first", Token));
        Assert.False(await _makers.TryWriteAsync(id, null, "second", Token));
        Assert.True(await _makers.TryWriteAsync(id, "first", IVectorMakers.Mixed, Token));
        Assert.Equal(IVectorMakers.Mixed, (await _knowledge.FindBaseAsync(Workspace, id, Token))!.VectorsMadeBy);
        Assert.False(await _makers.TryWriteAsync(KnowledgeBaseId.New(), null, "first", Token));
    }

    private async Task<KnowledgeBaseId> BaseAsync(string name) => (await _knowledge.CreateBaseAsync(Workspace, name, "minilm", Owner, Token)).Id;

    public sealed class OnSqlite(SqliteData data) : IndexPlacementStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : IndexPlacementStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
