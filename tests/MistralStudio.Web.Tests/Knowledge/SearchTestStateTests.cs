using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class SearchTestStateTests : IJudgmentStore, IQualityMeter, IKnowledgeSettings
{
    private readonly FakeKnowledgeSearch _search = new();
    private readonly InMemoryKnowledge _store = new();
    private readonly List<SearchSettings?> _measured = [];
    private JudgedQuestion? _judged;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AJudgment_IsKeptForTheQuestionAsked_AndMeasured()
    {
        var state = await NewAsync();
        _search.Hits.AddRange([FakeKnowledgeSearch.Hit("One."), FakeKnowledgeSearch.Hit("Two.")]);
        state.Text = "  Which? ";
        await state.FindAsync(Token);
        Assert.Equal(_search.Hits[0], state.Shown);
        Assert.Null(state.Live);

        state.Text = "Another that is being typed";
        await state.JudgeAsync(_search.Hits[1], Relevance.Yes, Token);
        Assert.Equal("Which?", _judged!.Question);
        Assert.Equal(Relevance.Yes, state.JudgmentOf(_search.Hits[1].PassageId));
        Assert.NotNull(state.Live);
        Assert.Null(state.Tried);

        await state.JudgeAsync(_search.Hits[1], Relevance.Yes, Token);
        Assert.Null(state.JudgmentOf(_search.Hits[1].PassageId));
    }

    [Fact]
    public async Task APassage_IsFollowedThroughSettings_AndAnotherQuestionShowsItsBest()
    {
        var state = await NewAsync();
        _search.Hits.AddRange([FakeKnowledgeSearch.Hit("One."), FakeKnowledgeSearch.Hit("Two.")]);
        state.Text = "Which?";
        await state.FindAsync(Token);
        state.Show(_search.Hits[1]);
        await state.ChangeAsync(state.Settings with { DenseWeight = 1 }, Token);
        Assert.Equal(_search.Hits[1], state.Shown);

        state.Text = "What else?";
        await state.FindAsync(Token);
        Assert.Equal(_search.Hits[0], state.Shown);
    }

    [Fact]
    public async Task ChangedSettings_AreSearchedWith_Measured_AndKept()
    {
        var state = await NewAsync();
        _search.Hits.Add(FakeKnowledgeSearch.Hit("One."));
        state.Text = "Which?";
        await state.FindAsync(Token);
        await state.JudgeAsync(_search.Hits[0], Relevance.Yes, Token);

        await state.ChangeAsync(state.Settings with { DenseWeight = 7 }, Token);
        Assert.Equal(1, _search.Asked!.Settings!.DenseWeight);
        Assert.Equal([_search.Hits[0].PassageId], _search.Asked.Explain);
        Assert.Equal([null, 1], _measured.TakeLast(2).Select(settings => settings?.DenseWeight));
        Assert.NotNull(state.Tried);

        await state.KeepAsync(Token);
        Assert.False(state.IsChanged);
        Assert.Equal(1, (await _store.FindBaseAsync(state.Base.Workspace, state.Base.Id, Token))!.Settings.Search.DenseWeight);
    }

    [Fact]
    public async Task SettingsThatSomebodyElseChanged_AreNotOverwritten()
    {
        var state = await NewAsync();
        await _store.ChangeSettingsAsync(state.Base.Workspace, state.Base.Id, new() { Search = new() { Limit = 3 } }, 0, Token);
        await state.ChangeAsync(state.Settings with { Limit = 20 }, Token);
        await state.KeepAsync(Token);
        Assert.Equal(KnowledgeErrors.SettingsConflict().Code, state.Error!.Code);
        Assert.Equal(3, (await _store.FindBaseAsync(state.Base.Workspace, state.Base.Id, Token))!.Settings.Search.Limit);
    }

    public Task<bool> JudgeAsync(WorkspaceId workspace, KnowledgeBaseId id, string question, PassageId passage, Relevance? relevance, UserId? by, CancellationToken cancellationToken)
    {
        _judged = new JudgedQuestion(question, relevance is { } judged ? [new Judgment(passage, judged)] : [], DateTimeOffset.UnixEpoch);
        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<JudgedQuestion>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JudgedQuestion>>(_judged is null ? [] : [_judged]);

    public Task<bool> RemoveAsync(WorkspaceId workspace, KnowledgeBaseId id, string question, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<Result<QualityReport>> MeasureAsync(WorkspaceId workspace, KnowledgeBaseId id, SearchSettings? settings, CancellationToken cancellationToken)
    {
        _measured.Add(settings);
        return Task.FromResult<Result<QualityReport>>(new QualityReport(new RankingQuality(1, 1, 1, 1, IQualityMeter.Depth), []));
    }

    public async Task<Result<KnowledgeBase>> ChangeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, KnowledgeSettings settings, int wasVersion, CancellationToken cancellationToken) =>
        await _store.ChangeSettingsAsync(workspace, id, settings, wasVersion, cancellationToken)
            ? (await _store.FindBaseAsync(workspace, id, cancellationToken))!
            : KnowledgeErrors.SettingsConflict();

    public Task<Error?> FindOtherEmbedderAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) => Task.FromResult<Error?>(null);

    public Task<Result<int>> EmbedAgainAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Result<SplitPreview>> PreviewAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, SplittingSettings settings, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task<SearchTestState> NewAsync()
    {
        var workspace = WorkspaceId.New();
        var knowledge = await _store.CreateBaseAsync(workspace, "Filings", "minilm", null, Token);
        var state = new SearchTestState(_search, this, this, this, Scopes.Of(workspace, UserId.New(), Role.Owner).Caller, knowledge);
        await state.LoadAsync(Token);
        return state;
    }
}
