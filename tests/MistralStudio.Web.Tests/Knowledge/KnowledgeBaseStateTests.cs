using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class KnowledgeBaseStateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly InMemoryKnowledge _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();
    private readonly RecordingIntake _intake;

    public KnowledgeBaseStateTests() => _intake = new RecordingIntake(_store);

    [Fact]
    public async Task Load_FindsNothing_WhenTheBaseIsAnotherWorkspaces()
    {
        var theirs = await _store.CreateBaseAsync(WorkspaceId.New(), "Theirs", "m", null, Stop);

        Assert.False(await State().LoadAsync(theirs.Id, Stop));
    }

    [Fact]
    public async Task Pages_TurnForthAndBack_WhenThereAreMoreDocumentsThanOnePage()
    {
        var (state, _) = await LoadedAsync(documents: KnowledgeBaseState.PageSize + 3);
        Assert.True(state.HasNext);
        Assert.False(state.HasPrevious);

        await state.NextAsync(Stop);
        Assert.Equal(3, state.Documents!.Count);
        Assert.Equal(KnowledgeBaseState.PageSize + 1, state.First);
        Assert.False(state.HasNext);

        await state.PreviousAsync(Stop);
        Assert.Equal(KnowledgeBaseState.PageSize, state.Documents.Count);
        Assert.Equal(1, state.First);
    }

    [Fact]
    public async Task Refresh_IsSilent_WhenNothingChanged()
    {
        var (state, documents) = await LoadedAsync(documents: 1);
        await _store.EnterAsync(documents[0], DocumentState.Indexed, Stop);
        var changes = 0;
        state.Changed += () => changes++;

        await state.RefreshAsync(Stop);
        await state.RefreshAsync(Stop);

        Assert.Equal(1, changes);
    }

    [Fact]
    public async Task Watch_ShowsEachStep_WhileADocumentIsOnItsWay()
    {
        var (state, documents) = await LoadedAsync(documents: 1);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var seen = new List<DocumentState>();
        var shown = new SemaphoreSlim(0);
        state.Changed += () =>
        {
            var now = state.Documents![0].State;
            if (seen.LastOrDefault(DocumentState.Stored) != now)
            {
                seen.Add(now);
                shown.Release();
            }
        };
        var watch = state.WatchAsync(ended.Token);

        foreach (var next in new[] { DocumentState.Parsing, DocumentState.Embedding, DocumentState.Indexed })
        {
            await _store.EnterAsync(documents[0], next, Stop);
            do
            {
                // The watch may not have begun to wait when the clock moves, so it moves until it is noticed.
                _time.Advance(TimeSpan.FromMilliseconds(500));
            }
            while (!await shown.WaitAsync(TimeSpan.FromMilliseconds(20), Stop));
        }

        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
        Assert.Equal([DocumentState.Parsing, DocumentState.Embedding, DocumentState.Indexed], seen);
    }

    [Fact]
    public async Task Retry_SaysWhy_WhenTheDoorRefuses()
    {
        var (state, documents) = await LoadedAsync(documents: 1);
        _intake.Failure = KnowledgeErrors.DiskFull();

        await state.RetryAsync(documents[0], Stop);
        Assert.Equal("storage.disk_full", state.Error?.Code);

        _intake.Failure = null;
        await state.RetryAsync(documents[0], Stop);
        Assert.Null(state.Error);
    }

    [Fact]
    public async Task CancelAll_StopsOnlyWhatIsOnItsWay()
    {
        var (state, documents) = await LoadedAsync(documents: 3);
        await _store.EnterAsync(documents[0], DocumentState.Indexed, Stop);
        await _store.FailAsync(documents[1], KnowledgeErrors.DiskFull(), Stop);

        await state.CancelAllAsync(Stop);

        Assert.Equal([$"cancel {documents[2]}"], _intake.Asked);
    }

    [Fact]
    public async Task Commands_AreRefused_WhenTheRoleOnlyReads()
    {
        var (state, documents) = await LoadedAsync(documents: 1, Role.Member);

        await state.DeleteAsync(documents[0], Stop);
        Assert.Equal("knowledge.read_only", state.Error?.Code);
        Assert.False(await state.RenameAsync("Other", "Filings", Stop));
        Assert.False(await state.DeleteBaseAsync(Stop));
        Assert.Empty(_intake.Asked);
        Assert.False(state.MayWrite);
    }

    [Fact]
    public async Task Rename_RefusesANameOfBlanks_AndTakesAnother()
    {
        var (state, _) = await LoadedAsync(documents: 0);

        Assert.False(await state.RenameAsync("   ", "Filings", Stop));
        Assert.Equal("knowledge.name_invalid", state.Error?.Code);
        Assert.True(await state.RenameAsync(" Reports ", "Filings", Stop));
        Assert.Equal("Reports", state.Base?.Name);
    }

    [Fact]
    public async Task TheSecondOfTwoWhoRename_IsTold_AndSeesWhatTheFirstWrote()
    {
        var (state, _) = await LoadedAsync(documents: 0);
        var other = State();
        Assert.True(await other.LoadAsync(state.Base!.Id, Stop));
        Assert.True(await other.RenameAsync("Reports", "Filings", Stop));

        // The page reads again and again: what counts is the name that was shown as the change began.
        await state.RefreshAsync(Stop);
        Assert.False(await state.RenameAsync("Accounts", "Filings", Stop));
        Assert.Equal(("knowledge.conflict", "Reports"), (state.Error?.Code, state.Base?.Name));
        Assert.True(await state.RenameAsync("Accounts", state.Base!.Name, Stop));
        Assert.Equal((null, "Accounts"), (state.Error, state.Base?.Name));
    }

    [Fact]
    public async Task Rename_SaysThatTheBaseIsGone_WhereSomebodyDeletedIt()
    {
        var (state, _) = await LoadedAsync(documents: 0);
        Assert.True(await _store.DeleteEmptyBaseAsync(_workspace, state.Base!.Id, null, Stop));

        Assert.False(await state.RenameAsync("Accounts", "Filings", Stop));
        Assert.Equal("knowledge.base_not_found", state.Error?.Code);
    }

    [Fact]
    public async Task DeleteBase_LeavesNothingBehind()
    {
        var (state, _) = await LoadedAsync(documents: 0);

        Assert.True(await state.DeleteBaseAsync(Stop));
        Assert.Null(state.Base);
    }

    private KnowledgeBaseState State(Role role = Role.Builder) => new(_store, _intake, new Caller(_workspace, UserId.New(), RolePermissions.Of(role)), _time);

    private async Task<(KnowledgeBaseState State, List<DocumentId> Documents)> LoadedAsync(int documents, Role role = Role.Builder)
    {
        var created = await _store.CreateBaseAsync(_workspace, "Filings", "m", null, Stop);
        var added = new List<DocumentId>();
        for (var i = 0; i < documents; i++)
        {
            added.Add((await _store.AddDocumentAsync(_workspace, created.Id, new NewDocument($"{i}.pdf", "application/pdf", 100, "", null), Stop))!.Id);
        }

        var state = State(role);
        Assert.True(await state.LoadAsync(created.Id, Stop));
        return (state, added);
    }
}
