using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class IngestionProgressTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly IngestionProgress _progress;

    public IngestionProgressTests() => _progress = new IngestionProgress(_time);

    [Fact]
    public void Observe_ShowsNothing_WhenEveryDocumentIsIndexed()
    {
        _progress.Observe([Document(DocumentState.Indexed), Document(DocumentState.Failed)]);

        Assert.Equal(0, _progress.Working);
        Assert.Equal(0, _progress.Total);
        Assert.Null(_progress.Left);
    }

    [Fact]
    public void Observe_KeepsFinishedDocumentsInTheBatch_WhileOthersAreOnTheirWay()
    {
        var first = Document(DocumentState.Embedding, progress: 0.5);
        var second = Document(DocumentState.Stored);
        _progress.Observe([first, second]);
        _progress.Observe([first with { State = DocumentState.Indexed, Progress = 0 }, second]);

        Assert.Equal(1, _progress.Working);
        Assert.Equal(2, _progress.Total);
        Assert.Equal(0.5, _progress.Share, 3);
    }

    [Fact]
    public void Observe_ForgetsTheBatch_WhenItsLastDocumentIsDone()
    {
        var document = Document(DocumentState.Indexing);
        _progress.Observe([document]);
        _progress.Observe([document with { State = DocumentState.Indexed }]);

        Assert.Equal(0, _progress.Total);
        Assert.Equal(0, _progress.Share);
    }

    [Fact]
    public void Observe_WeighsDocumentsBySize()
    {
        _progress.Observe([Document(DocumentState.Stored, bytes: 900), Document(DocumentState.Stored, bytes: 100)]);
        Assert.Equal(0, _progress.Share);

        var large = Document(DocumentState.Stored, bytes: 900);
        var small = Document(DocumentState.Stored, bytes: 100);
        _progress.Observe([large, small]);
        _progress.Observe([large, small with { State = DocumentState.Indexed }]);
        Assert.Equal(0.1, _progress.Share, 3);
    }

    [Fact]
    public void Observe_TellsRateAndTimeLeft_FromTheLastSeconds()
    {
        var document = Document(DocumentState.Embedding, passages: 1000);
        _progress.Observe([document]);
        Assert.Null(_progress.PassagesPerSecond);

        _time.Advance(TimeSpan.FromSeconds(2));
        _progress.Observe([document with { Progress = 0.2 }]);

        Assert.Equal(100, _progress.PassagesPerSecond!.Value, 3);
        // 0.166 of the whole in 2 s, 0.714 to go
        Assert.Equal(8.6, _progress.Left!.Value.TotalSeconds, 1);
    }

    [Fact]
    public void Observe_StartsToMeasureAnew_WhenAnotherDocumentJoins()
    {
        var document = Document(DocumentState.Embedding, progress: 0.8, passages: 10);
        _progress.Observe([document]);
        _time.Advance(TimeSpan.FromSeconds(2));
        _progress.Observe([document with { Progress = 0.9 }]);
        Assert.NotNull(_progress.Left);

        _progress.Observe([document with { Progress = 0.9 }, Document(DocumentState.Stored, bytes: 5000)]);
        Assert.Null(_progress.Left);
        Assert.Null(_progress.PassagesPerSecond);
    }

    [Fact]
    public void Observe_LeavesTheBatchAlone_WhenADocumentWaitsForSomethingOutside()
    {
        _progress.Observe([Document(DocumentState.Waiting)]);

        Assert.Equal(0, _progress.Working);
    }

    [Theory]
    [InlineData(DocumentState.Stored, 0, 0)]
    [InlineData(DocumentState.Parsing, 1, 0.10)]
    [InlineData(DocumentState.Splitting, 1, 0.12)]
    [InlineData(DocumentState.Embedding, 1, 0.95)]
    [InlineData(DocumentState.Indexing, 1, 1)]
    [InlineData(DocumentState.Indexed, 0, 1)]
    [InlineData(DocumentState.Failed, 0, 1)]
    public void ShareOf_NeverFallsFromStageToStage(DocumentState state, double progress, double share) =>
        Assert.Equal(share, IngestionProgress.ShareOf(Document(state, progress: progress)), 3);

    private static KnowledgeDocument Document(DocumentState state, double progress = 0, long bytes = 1000, int passages = 0) => new(
        DocumentId.New(), KnowledgeBaseId.New(), WorkspaceId.New(), "a.pdf", "application/pdf", bytes, "", state, progress, 1, passages, null,
        DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
}
