using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class KnowledgeListStateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly InMemoryKnowledge _store = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();

    [Fact]
    public async Task Create_NamesTheMachinesEmbeddingModel_ForItsVectors()
    {
        var made = await State(Role.Builder).CreateAsync(" Filings ", Stop);

        Assert.Equal("Filings", made?.Name);
        Assert.Equal(EmbeddingOnlyHost.ModelId, made?.EmbeddingModel);
    }

    [Fact]
    public async Task Create_SaysWhy_WhenTheRoleOnlyReadsOrTheNameIsEmpty()
    {
        var reader = State(Role.Member);
        Assert.Null(await reader.CreateAsync("Filings", Stop));
        Assert.Equal("knowledge.read_only", reader.Error?.Code);

        var builder = State(Role.Builder);
        Assert.Null(await builder.CreateAsync(" ", Stop));
        Assert.Equal("knowledge.name_invalid", builder.Error?.Code);
        Assert.Empty((await _store.ListBasesAsync(_workspace, null, null, 10, Stop)).Items);
    }

    [Fact]
    public async Task More_AddsTheNextPageBelow_UntilThereIsNone()
    {
        for (var i = 0; i < KnowledgeListState.PageSize + 2; i++)
        {
            await _store.CreateBaseAsync(_workspace, $"Base {i}", "m", null, Stop);
        }

        var state = State(Role.Viewer);
        await state.FindAsync("", Stop);
        Assert.True(state.HasMore);
        await state.MoreAsync(Stop);

        Assert.False(state.HasMore);
        Assert.Equal(KnowledgeListState.PageSize + 2, state.Bases!.DistinctBy(found => found.Id).Count());
    }

    private KnowledgeListState State(Role role) =>
        new(_store, new EmbeddingOnlyHost(new HashedEmbedder()), new ChosenModels(), new Caller(_workspace, UserId.New(), RolePermissions.Of(role)));
}
