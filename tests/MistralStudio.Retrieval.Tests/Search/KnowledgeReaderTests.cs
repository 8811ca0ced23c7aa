using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class KnowledgeReaderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverythingThatIsRead_SaysWhatItsSpansSay_AlsoOfALongTable()
    {
        using var room = new RetrievalRoom(configure: options => options.PassageCharacters = 130);
        var parent = await room.CreateBaseAsync();
        var rows = Enumerable.Range(1, 40).Select(row => $"Town{row},{row * 11},depot{row}");
        var document = await room.IngestAsync(parent, "towns.csv", $"Town,Lamps,Depot\n{string.Join('\n', rows)}\n");

        var hits = (await room.Get<IKnowledgeReader>().ReadAsync(room.Workspace, [parent], Cancellation)).Value.Hits;

        var text = (await room.Store.ReadTextAsync(document.Id, Cancellation))!.Text;
        Assert.True(hits.Count > 2);
        Assert.All(hits, hit => Assert.Equal(text[hit.Start..hit.End], hit.Text));
        Assert.Null(hits[0].Header);
        Assert.All(hits.Skip(1), hit => Assert.Contains("Lamps", hit.Header!, StringComparison.Ordinal));
        var citation = Assert.Single(await room.Get<ICitationLinker>().LinkAsync(room.Workspace, "Town39 has 429 lamps in depot39.", hits, Cancellation));
        Assert.True(citation.Verified);
        Assert.Contains("Town39", text[citation.Start..citation.End], StringComparison.Ordinal);
    }
}
