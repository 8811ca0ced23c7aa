using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class SplittingStateTests : IKnowledgeSettings
{
    private readonly InMemoryKnowledge _store = new();
    private readonly List<(DocumentId Document, SplittingSettings Settings)> _cut = [];
    private readonly Queue<TaskCompletionSource> _waits = new();

    private readonly Error _other = new("search.other_vectors", "Another embedder.", "Embed again.");

    private Result<int> _again = 3;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADraft_IsCutOnADocument_AndKeptForAll()
    {
        var state = await NewAsync();
        await state.TryAsync(state.Draft with { PassageCharacters = 300 }, Token);
        Assert.True(state.IsChanged);
        Assert.Equal(300, state.Preview!.Total);

        await state.KeepAsync(Token);
        Assert.False(state.IsChanged);
        Assert.Equal(300, (await _store.FindBaseAsync(state.Base.Workspace, state.Base.Id, Token))!.Settings.Splitting.PassageCharacters);
    }

    [Fact]
    public async Task ALaterDraft_OvertakesAPreviewThatIsStillCut()
    {
        var state = await NewAsync();
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        _waits.Enqueue(first);
        _waits.Enqueue(second);
        var slow = state.TryAsync(state.Draft with { PassageCharacters = 200 }, Token);
        var quick = state.TryAsync(state.Draft with { PassageCharacters = 400 }, Token);
        second.SetResult();
        await quick;
        first.SetResult();
        await slow;
        Assert.Equal(400, state.Preview!.Total);
    }

    [Fact]
    public async Task Documents_AreEmbeddedAgain_OrItIsSaidWhyNot()
    {
        var state = await NewAsync();
        Assert.Equal("search.other_vectors", state.OtherEmbedder?.Code);
        await state.EmbedAgainAsync(Token);
        Assert.Equal((3, null), (state.EmbeddedAgain, state.Error));
        Assert.Null(state.OtherEmbedder);

        _again = KnowledgeErrors.BaseNotFound();
        await state.EmbedAgainAsync(Token);
        Assert.Equal((null, "knowledge.base_not_found"), (state.EmbeddedAgain, state.Error?.Code));
    }

    [Fact]
    public async Task WhatIsOutOfBounds_IsSaid_AndNothingShown()
    {
        var state = await NewAsync();
        await state.TryAsync(state.Draft with { PassageCharacters = 1 }, Token);
        Assert.Null(state.Preview);
        Assert.NotNull(state.Error);
    }

    public async Task<Result<KnowledgeBase>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken) =>
        await _store.ChangeSettingsAsync(workspace, id, settings, wasVersion, cancellationToken)
            ? (await _store.FindBaseAsync(workspace, id, cancellationToken))!
            : KnowledgeErrors.SettingsConflict();

    public Task<Error?> FindOtherEmbedderAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) => Task.FromResult<Error?>(_other);

    public Task<Result<int>> EmbedAgainAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Task.FromResult(_again);

    public async Task<Result<SplitPreview>> PreviewAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, SplittingSettings settings, CancellationToken cancellationToken)
    {
        if (_waits.TryDequeue(out var wait))
        {
            await wait.Task;
        }

        _cut.Add((document, settings));
        return settings.PassageCharacters < SplittingSettings.ShortestPassage ? KnowledgeErrors.QueryEmpty() : new SplitPreview([], settings.PassageCharacters ?? 0, 0);
    }

    private async Task<SplittingState> NewAsync()
    {
        var workspace = WorkspaceId.New();
        var knowledge = await _store.CreateBaseAsync(workspace, "Filings", "minilm", null, Token);
        var document = await _store.AddDocumentAsync(workspace, knowledge.Id, new NewDocument("a.md", "text/markdown", 3, new string('0', 64), null), Token);
        await _store.EnterAsync(document!.Id, DocumentState.Indexed, Token);
        var state = new SplittingState(this, _store, Scopes.Of(workspace, UserId.New(), Role.Owner).Caller, knowledge);
        await state.LoadAsync(Token);
        Assert.Equal(document.Id, Assert.Single(_cut).Document);
        return state;
    }
}
