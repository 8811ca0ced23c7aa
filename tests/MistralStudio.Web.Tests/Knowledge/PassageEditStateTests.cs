using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class PassageEditStateTests : IPassageEditor
{
    private readonly InMemoryKnowledge _store = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADraft_IsKeptAsWritten()
    {
        var (id, passage) = await PassageAsync();
        var state = State(id, passage);
        Assert.False(state.IsEdited);
        (state.Text, state.Keywords, state.IsFound) = ("Pears ripen late.", "fruit, , cellar ", false);

        var saved = (await state.SaveAsync(Token))!;

        Assert.True(state.IsEdited);
        Assert.Equal(("Pears ripen late.", true), (saved.ShownText, saved.IsDisabled));
        Assert.Equal(["fruit", "cellar"], saved.Keywords);
        state.Restore();
        Assert.Null((await state.SaveAsync(Token))!.Edit);
    }

    [Fact]
    public async Task WhoWasSlower_SeesBoth_AndChooses()
    {
        var (id, passage) = await PassageAsync();
        var (first, second) = (State(id, passage), State(id, passage));
        first.Text = "What the first wrote.";
        await first.SaveAsync(Token);
        second.Text = "What the second wrote.";

        Assert.Null(await second.SaveAsync(Token));

        Assert.Equal((true, "knowledge.passage_conflict"), (second.IsOvertaken, second.Error!.Code));
        Assert.Equal(("What the second wrote.", "What the first wrote."), (second.Text, second.Passage.ShownText));
        Assert.Equal("What the second wrote.", (await second.SaveAsync(Token))!.ShownText);
    }

    [Fact]
    public async Task WhoTakesTheirs_HasTheirs()
    {
        var (id, passage) = await PassageAsync();
        var (first, second) = (State(id, passage), State(id, passage));
        first.Keywords = "theirs";
        await first.SaveAsync(Token);
        second.Text = "Mine.";
        await second.SaveAsync(Token);

        second.TakeTheirs();

        Assert.Equal((passage.Text, "theirs", false), (second.Text, second.Keywords, second.IsOvertaken));
        Assert.Null(second.Error);
    }

    [Fact]
    public async Task AReader_ChangesNothing()
    {
        var (id, passage) = await PassageAsync();
        var state = new PassageEditState(this, _store, new Caller(_workspace, UserId.New(), RolePermissions.Of(Role.Viewer)), id, passage) { Text = "Mine." };

        Assert.Null(await state.SaveAsync(Token));
        Assert.Equal("knowledge.read_only", state.Error!.Code);
    }

    // As the product does it, without an ingestion behind.
    public async Task<Result<Passage>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, PassageId passage, PassageChange change, int wasVersion, UserId? by, CancellationToken cancellationToken)
    {
        var revision = new PassageRevision(change.Text, change.Text, change.IsDisabled, change.Keywords, wasVersion + 1, by, null, DateTimeOffset.UnixEpoch);
        return await _store.ReviseAsync(workspace, id, passage, revision, cancellationToken)
            ? (await _store.FindPassageAsync(workspace, id, passage, cancellationToken))!
            : KnowledgeErrors.PassageConflict("Ada");
    }

    private PassageEditState State(KnowledgeBaseId id, Passage passage) =>
        new(this, _store, new Caller(_workspace, UserId.New(), RolePermissions.Of(Role.Builder)), id, passage);

    private async Task<(KnowledgeBaseId Id, Passage Passage)> PassageAsync()
    {
        var id = (await _store.CreateBaseAsync(_workspace, "Fruit", "m", null, Token)).Id;
        var document = (await _store.AddDocumentAsync(_workspace, id, new("pears.txt", "text/plain", 1, new string('0', 64), null), Token))!;
        var passage = new Passage(PassageId.From(Guid.NewGuid()), document.Id, 0, "Pears ripen in autumn.", null, 0, 22, null, new string('1', 64));
        await _store.ReplacePassagesAsync(document.Id, [passage], Token);
        return (id, passage);
    }
}
