using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class ParentTests
{
    private const string Guide = """
        # Lamps

        Lamps are made in the old mill beside the river by nine people. They work from Monday until Thursday in two shifts.

        The copper of the lamps comes from a mine in Falun. It arrives by ship each spring and is kept in the northern shed.

        Every lamp is tested for forty hours before it leaves the mill. The tester writes her name under the foot of the lamp.

        # Candles

        Candles are poured from rapeseed wax on Fridays only. A candle burns for thirty hours where the air is still and cool.
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hits_ComeWithThePieceOfTheDocumentAroundThem_WhereItIsAskedFor()
    {
        using var room = Room();
        var (parent, document) = await FillAsync(room);

        var found = await FindAsync(room, parent, "copper mine Falun");

        var hit = found.Hits[0];
        var text = (await room.Store.ReadTextAsync(document.Id, Cancellation))!.Text;
        Assert.StartsWith("The copper", hit.Text, StringComparison.Ordinal);
        Assert.Contains("nine people", hit.ReadText, StringComparison.Ordinal);
        Assert.Contains("forty hours", hit.ReadText, StringComparison.Ordinal);
        Assert.DoesNotContain("rapeseed", hit.ReadText, StringComparison.Ordinal);
        Assert.Equal(text[hit.Parent!.Start..hit.Parent.End], hit.ReadText);
        Assert.Equal(hit.Reading, found.Hits.Single(other => other.Text.StartsWith("Every lamp", StringComparison.Ordinal)).Reading);

        // Ranks are those of the small passages, and who only looks is shown these.
        var shown = await room.FindAsync(parent, "copper mine Falun");
        Assert.Equal(shown.Hits.Select(other => (other.PassageId, other.Text, other.Score)), found.Hits.Select(other => (other.PassageId, other.Text, other.Score)));
        Assert.All(shown.Hits, other => Assert.Null(other.Parent));
    }

    [Fact]
    public async Task WhatAPersonTookOutOrWroteAnew_IsNotReadBesideItsNeighbours()
    {
        using var room = Room();
        var (parent, document) = await FillAsync(room);
        var tested = (await room.Store.ReadPassagesAsync(document.Id, Cancellation)).Single(passage => passage.Text.StartsWith("Every lamp", StringComparison.Ordinal));

        var version = 0;
        foreach (var change in new[] { new PassageChange(null, true, []), new("Lamps are not tested any more.", false, []) })
        {
            await ChangeAsync(change);
            var found = await FindAsync(room, parent, "copper mine Falun");
            Assert.Null(found.Hits[0].Parent);
            Assert.DoesNotContain(found.Hits, hit => hit.ReadText.Contains("forty hours", StringComparison.Ordinal));
            Assert.Equal(found.Hits[0].Text, found.Hits[0].ReadText);
        }

        // Words to find it by change nothing of what it says.
        await ChangeAsync(new(null, false, ["quality"]));
        Assert.Contains("forty hours", (await FindAsync(room, parent, "copper mine Falun")).Hits[0].ReadText, StringComparison.Ordinal);

        async Task ChangeAsync(PassageChange change) =>
            Assert.True((await room.Get<IPassageEditor>().ChangeAsync(room.Workspace, parent, tested.Id, change, version++, null, Cancellation)).IsSuccess);
    }

    [Fact]
    public async Task ADocumentThatIsBeingReadAnew_IsReadByItsPassages()
    {
        using var room = Room();
        var (parent, document) = await FillAsync(room);
        var text = (await room.Store.ReadTextAsync(document.Id, Cancellation))!;
        await room.Store.SaveTextAsync(document.Id, text with { Text = $"A new beginning.\n\n{text.Text}" }, Cancellation);

        Assert.All((await FindAsync(room, parent, "copper mine Falun")).Hits, hit => Assert.Null(hit.Parent));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(120)]
    public async Task ABaseWhosePassagesAreReadByThemselves_HasNoParents(int characters)
    {
        using var room = Room();
        var (parent, _) = await FillAsync(room, characters);

        Assert.All((await FindAsync(room, parent, "copper mine Falun")).Hits, hit => Assert.Null(hit.Parent));
    }

    [Fact]
    public async Task ACitation_IsOfTheWordsAroundAPassage_AsTheyAreStored()
    {
        using var room = Room();
        var (parent, document) = await FillAsync(room);
        var hits = (await FindAsync(room, parent, "copper mine Falun", limit: 1)).Hits;
        const string Answer = "The copper comes from a mine in Falun. Every lamp is tested for forty hours.";

        var citations = await room.Get<ICitationLinker>().LinkAsync(room.Workspace, Answer, hits, Cancellation);

        var text = (await room.Store.ReadTextAsync(document.Id, Cancellation))!.Text;
        Assert.Equal(
            ["The copper of the lamps comes from a mine in Falun.", "Every lamp is tested for forty hours before it leaves the mill."],
            citations.Select(citation => text[citation.Start..citation.End]));
        Assert.All(citations, citation => Assert.Equal((true, hits[0].PassageId, 1, text[citation.Start..citation.End]), (citation.Verified, citation.PassageId, citation.Marker, citation.Quote)));

        // By itself the passage says nothing of the hours.
        Assert.Single(await room.Get<ICitationLinker>().LinkAsync(room.Workspace, Answer, [hits[0] with { Parent = null }], Cancellation));
    }

    [Fact]
    public async Task ACitation_IsOfTheHitThatHasIt_AmongThoseReadTogether()
    {
        using var room = Room();
        var (parent, _) = await FillAsync(room);
        var hits = (await FindAsync(room, parent, "copper mine Falun lamp tested hours", limit: 4)).Hits;

        var citations = await room.Get<ICitationLinker>().LinkAsync(
            room.Workspace, "Every lamp is tested for forty hours. The copper comes from a mine in Falun.", hits, Cancellation);

        Assert.Equal([1, 2], citations.Select(citation => citation.Marker));
        Assert.All(citations, citation => Assert.Contains(citation.Quote, hits.Single(hit => hit.PassageId == citation.PassageId).Text, StringComparison.Ordinal));
    }

    private static RetrievalRoom Room() => new(configure: options => options.PassageCharacters = 130);

    private static async Task<SearchResult> FindAsync(RetrievalRoom room, KnowledgeBaseId parent, string text, int limit = 10) =>
        (await room.Search.SearchAsync(new(room.Workspace, [parent], text, limit) { Parents = true }, Cancellation)).Value;

    private static async Task<(KnowledgeBaseId Parent, KnowledgeDocument Document)> FillAsync(RetrievalRoom room, int? parentCharacters = null)
    {
        var parent = await room.CreateBaseAsync();
        if (parentCharacters is { } characters)
        {
            Assert.True(await room.Store.ChangeSettingsAsync(room.Workspace, parent, new() { Splitting = new() { ParentCharacters = characters } }, 0, Cancellation));
        }

        var document = await room.IngestAsync(parent, "guide.md", Guide);
        Assert.Equal(4, document.Passages);
        return (parent, document);
    }
}
