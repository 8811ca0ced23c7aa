using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;
using MistralStudio.Web.Tests.Connections;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class PlacementPanelTests : BunitContext
{
    private readonly InMemoryKnowledge _store = new();
    private readonly FakeMoves _moves = new() { Qdrant = new("http://qdrant:6333/") };
    private readonly FakeTimeProvider _time = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();

    public PlacementPanelTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<IKnowledgeStore>(_store);
        Services.AddSingleton<IIndexMoves>(_moves);
        Services.AddSingleton<TimeProvider>(_time);
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task AMove_IsStarted_FollowedToItsEnd_AndLedBack()
    {
        var (page, knowledge) = await OpenAsync();
        Assert.Contains("index file of this studio", page.Markup, StringComparison.Ordinal);
        _moves.Start = async to => await PlaceAsync(knowledge, new(IndexStore.Embedded, to, .41));
        await Button(page).ClickAsync(new());
        Assert.Contains("Moving to Qdrant, 41 %", page.Markup, StringComparison.Ordinal);
        Assert.Equal(("Embedded", "Move back"), (Button(page).GetAttribute("data-move"), Button(page).TextContent));

        await PlaceAsync(knowledge, new(IndexStore.Qdrant, IndexStore.Qdrant, 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => Assert.Contains("is being removed", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("button"));
        await PlaceAsync(knowledge, new(IndexStore.Qdrant));
        _time.Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => Assert.Contains("in Qdrant at qdrant:6333.", page.Markup, StringComparison.Ordinal));
        Assert.Equal("Embedded", Button(page).GetAttribute("data-move"));
    }

    [Fact]
    public async Task WhyAMoveIsRefused_OrWaits_IsSaid()
    {
        var (page, knowledge) = await OpenAsync();
        _moves.Start = _ => Task.FromResult<Result<IndexPlacement>>(new Error("qdrant.stays", "It stays.", "Leave it."));
        await Button(page).ClickAsync(new());
        Assert.Contains("It stays.", page.Markup, StringComparison.Ordinal);

        _moves.Start = async to => await PlaceAsync(knowledge, new(IndexStore.Embedded, to));
        await Button(page).ClickAsync(new());
        Assert.DoesNotContain("It stays.", page.Markup, StringComparison.Ordinal);
        await PlaceAsync(knowledge, new(IndexStore.Embedded, IndexStore.Qdrant, 0, new("index.unreachable", "Qdrant does not answer.", "Start it.")));
        _time.Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => Assert.Contains("Qdrant does not answer.", page.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutQdrant_ThereIsNothingToChoose_AndWhoDoesNotManage_OnlyReads()
    {
        Assert.Empty((await OpenAsync(Role.Builder)).Page.FindAll("button"));
        _moves.Qdrant = null;
        Assert.Empty((await OpenAsync()).Page.FindAll("*"));
    }

    private static IElement Button(IRenderedComponent<PlacementPanel> page) => page.Find("button[data-move]");

    private async Task<IndexPlacement> PlaceAsync(KnowledgeBase knowledge, IndexPlacement placement)
    {
        Assert.True(await ((IIndexPlacements)_store).WriteAsync(knowledge.Id, placement, Token));
        return placement;
    }

    private async Task<(IRenderedComponent<PlacementPanel> Page, KnowledgeBase Base)> OpenAsync(Role role = Role.Owner)
    {
        var knowledge = await _store.CreateBaseAsync(_workspace, "Filings", "minilm", null, Token);
        return (Render<PlacementPanel>(parameters => parameters.AddCascadingValue(Scopes.Of(_workspace, UserId.New(), role)).Add(page => page.Base, knowledge)), knowledge);
    }
}
