using MistralStudio.Inference.Encoders;

namespace MistralStudio.Inference.Tests.Encoders;

public sealed class EncoderQueueTests
{
    [Fact]
    public void TakeBatch_PutsNeighboursInLengthTogether_AndBoundsThePadding()
    {
        var queue = new EncoderQueue(batchTokens: 600);
        queue.Add(Request(10, 300, 20, 300, 250, 10));
        Assert.Equal([[300, 300], [250, 20], [10, 10]], Batches(queue).Select(batch => batch.ToArray()));
    }

    [Fact]
    public void TakeBatch_PutsATextThatIsLongerThanABatchAlone()
    {
        var queue = new EncoderQueue(batchTokens: 100);
        queue.Add(Request(513, 513));
        Assert.Equal([[513], [513]], Batches(queue).Select(batch => batch.ToArray()));
    }

    [Fact]
    public void TakeBatch_TakesAQueryFirst_WhenAnIngestionWaits()
    {
        var queue = new EncoderQueue(batchTokens: 512);
        var (ingestion, query) = (Request([.. Enumerable.Repeat(256, 20)]), Request(12));
        queue.Add(ingestion);
        Assert.Same(ingestion, queue.TakeBatch()[0].Request);
        queue.Add(query);
        Assert.Same(query, Assert.Single(queue.TakeBatch()).Request);
        Assert.Same(ingestion, queue.TakeBatch()[0].Request);
    }

    [Fact]
    public void TakeBatch_PutsQueriesOfSeveralPeopleInOneBatch()
    {
        var queue = new EncoderQueue(batchTokens: 512);
        queue.Add(Request(12));
        queue.Add(Request(9));
        Assert.Equal(2, queue.TakeBatch().Count);
    }

    [Fact]
    public void TakeBatch_LetsAnIngestionOn_WhenQueriesNeverEnd()
    {
        var queue = new EncoderQueue(batchTokens: 256);
        var ingestion = Request(256, 256, 256);
        queue.Add(ingestion);
        var turns = 0;
        do
        {
            queue.Add(Request(256));
            turns++;
        }
        while (queue.TakeBatch()[0].Request != ingestion);

        Assert.Equal(EncoderQueue.SmallTurns + 1, turns);
    }

    [Fact]
    public void TakeBatch_TakesAQueryFirst_WhenAShortTextThatCanWaitCameBefore()
    {
        var queue = new EncoderQueue(batchTokens: 512);
        var (passage, query) = (new EncoderRequest([EncoderRow.Of(new int[12])], canWait: true), Request(12));
        queue.Add(passage);
        queue.Add(query);
        Assert.Same(query, Assert.Single(queue.TakeBatch()).Request);
        Assert.Same(passage, Assert.Single(queue.TakeBatch()).Request);
    }

    [Fact]
    public void TakeBatch_LeavesLargeRequests_WhileTheyRest_AndTakesLessOfThemBesideAnAnswer()
    {
        var queue = new EncoderQueue(batchTokens: 1024);
        var (ingestion, query) = (Request(128, 128, 128, 128, 128), Request(12));
        queue.Add(ingestion);
        queue.Add(query);
        Assert.Same(query, Assert.Single(queue.TakeBatch(largeTokens: 0)).Request);
        Assert.Empty(queue.TakeBatch(largeTokens: 0));
        Assert.True(queue.HasLarge);
        Assert.Equal(2, queue.TakeBatch(largeTokens: 256).Count);
        Assert.Equal(3, queue.TakeBatch().Count);
        Assert.False(queue.HasLarge);
    }

    [Theory]
    [InlineData(40, 60)]
    [InlineData(4_000, 500)]
    public void RestAfter_IsInProportion_AndHasAnEnd(int batchMs, int restMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(restMs), EncoderPace.RestAfter(TimeSpan.FromMilliseconds(batchMs)));

    [Fact]
    public void TakeBatch_LetsLargeRequestsTakeTurns()
    {
        var queue = new EncoderQueue(batchTokens: 512);
        EncoderRequest[] requests = [Request(256, 256, 256, 256), Request(256, 256, 256, 256)];
        queue.Add(requests[0]);
        queue.Add(requests[1]);
        Assert.Equal([0, 1, 0, 1], Enumerable.Range(0, 4).Select(_ => Array.IndexOf(requests, queue.TakeBatch()[0].Request)));
        Assert.Empty(queue.TakeBatch());
    }

    [Fact]
    public async Task TakeBatch_DropsTheRestOfARequest_ThatWasCancelled()
    {
        var queue = new EncoderQueue(batchTokens: 512);
        var (cancelled, next) = (Request(256, 256, 256), Request(300, 300));
        queue.Add(cancelled);
        queue.Add(next);
        queue.TakeBatch();
        cancelled.Cancel(new CancellationToken(canceled: true));
        Assert.Same(next, queue.TakeBatch()[0].Request);
        Assert.Same(next, queue.TakeBatch()[0].Request);
        Assert.Empty(queue.TakeBatch());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Completion);
    }

    private static EncoderRequest Request(params int[] lengths) => new([.. lengths.Select(length => EncoderRow.Of(new int[length]))]);

    private static IEnumerable<IEnumerable<int>> Batches(EncoderQueue queue)
    {
        for (var batch = queue.TakeBatch(); batch.Count > 0; batch = queue.TakeBatch())
        {
            yield return batch.Select(item => item.Row.Tokens.Length);
        }
    }
}
