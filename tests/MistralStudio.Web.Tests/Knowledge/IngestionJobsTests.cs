using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

/// <summary>What the drawer of jobs knows of ingestions.</summary>
public sealed class IngestionJobsTests
{
    private readonly InMemoryKnowledge _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();
    private readonly RecordingIntake _intake;

    public IngestionJobsTests() => _intake = new RecordingIntake(_store);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ABase_IsAJob_AsLongAsADocumentIsOnItsWay()
    {
        var (id, documents) = await BaseAsync(_workspace, documents: 2);
        await BaseAsync(WorkspaceId.New(), documents: 1);
        var jobs = Jobs(Role.Builder);
        Assert.True(await jobs.RefreshAsync(Stop));
        Assert.Equal((id, "Filings", 2, 0), (jobs.Jobs[0].Base, jobs.Jobs[0].Name, jobs.Jobs[0].Working, jobs.Jobs[0].Share));
        Assert.Single(jobs.Jobs);
        Assert.False(await jobs.RefreshAsync(Stop));

        await _store.EnterAsync(documents[0], DocumentState.Indexed, Stop);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await jobs.RefreshAsync(Stop));
        Assert.Equal((1, 0.5), (jobs.Jobs[0].Working, jobs.Jobs[0].Share));
        Assert.Equal(TimeSpan.FromSeconds(5), jobs.Jobs[0].Left);

        await _store.EnterAsync(documents[1], DocumentState.Indexed, Stop);
        Assert.True(await jobs.RefreshAsync(Stop));
        Assert.Empty(jobs.Jobs);
    }

    [Fact]
    public async Task ACancelledJob_StopsEachOfItsDocuments_AndOnlyForWhoMayWrite()
    {
        var (_, documents) = await BaseAsync(_workspace, documents: 2);
        var reader = Jobs(Role.Viewer);
        await reader.RefreshAsync(Stop);
        await reader.CancelAsync(reader.Jobs[0], Stop);
        Assert.Empty(_intake.Asked);

        var jobs = Jobs(Role.Builder);
        await jobs.RefreshAsync(Stop);
        await jobs.CancelAsync(jobs.Jobs[0], Stop);
        Assert.Equal(documents.Select(document => $"cancel {document}").Order(), _intake.Asked.Order());
    }

    private IngestionJobs Jobs(Role role) => new(_store, _intake, new Caller(_workspace, UserId.New(), RolePermissions.Of(role)), _time);

    private async Task<(KnowledgeBaseId Id, IReadOnlyList<DocumentId> Documents)> BaseAsync(WorkspaceId workspace, int documents)
    {
        var made = await _store.CreateBaseAsync(workspace, "Filings", "model", null, Stop);
        var added = new List<DocumentId>();
        for (var i = 0; i < documents; i++)
        {
            added.Add((await _store.AddDocumentAsync(workspace, made.Id, new NewDocument($"{i}.txt", "text/plain", 100, "", null), Stop))!.Id);
        }

        return (made.Id, added);
    }
}
