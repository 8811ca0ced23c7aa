using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Retrieval.Tests.Qdrant;

namespace MistralStudio.Retrieval.Tests.Ingestion;

public sealed class PassageEditorTests
{
    private const string Terms = """
        # Warranty

        The warranty of the lamp lasts two years. Batteries are not part of it.

        # Returns

        Lamps come back to the depot in Ulm within thirty days. Postage is paid by the shop.
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(IndexStore.Embedded)]
    [InlineData(IndexStore.Qdrant)]
    public async Task AnEditedPassage_IsEmbeddedAlone_AndFoundByWhatItSaysNow(IndexStore store)
    {
        await using var server = await QdrantIndexTests.ServerAsync(real: false);
        using var room = QdrantIndexTests.Room(server);
        var (parent, passages) = await FillAsync(room, store);
        var embedded = room.Embedder.Texts;

        var changed = await ChangeAsync(room, parent, passages[0], new("The guarantee of the torch runs five summers.", false, []));

        Assert.Equal(1, room.Embedder.Texts - embedded);
        Assert.Equal(new PassageEdit("Ada", changed.Revision!.At), changed.Edit);
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            var hit = (await room.FindAsync(parent, "guarantee torch summers", mode)).Hits[0];
            Assert.Equal((passages[0].Id, "The guarantee of the torch runs five summers.", "Ada"), (hit.PassageId, hit.Text, hit.Edit?.By));
        }

        Assert.DoesNotContain((await room.FindAsync(parent, "batteries", SearchMode.Lexical)).Hits, hit => hit.PassageId == passages[0].Id);
        var restored = await ChangeAsync(room, parent, changed, new(null, false, []));
        Assert.Null(restored.Edit);
        Assert.Equal(passages[0].Id, (await room.FindAsync(parent, "batteries", SearchMode.Lexical)).Hits[0].PassageId);
    }

    [Theory]
    [InlineData(IndexStore.Embedded)]
    [InlineData(IndexStore.Qdrant)]
    public async Task ADisabledPassage_IsFoundByNoLeg_UntilItIsEnabledAgain(IndexStore store)
    {
        await using var server = await QdrantIndexTests.ServerAsync(real: false);
        using var room = QdrantIndexTests.Room(server);
        var (parent, passages) = await FillAsync(room, store);

        var changed = await ChangeAsync(room, parent, passages[1], new(null, true, []));

        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            var found = (await room.Search.SearchAsync(
                new(room.Workspace, [parent], "postage depot Ulm", 10, mode) { Explain = [passages[1].Id], Settings = new() { Neighbours = 2 } }, Cancellation)).Value;
            Assert.DoesNotContain(found.Hits, hit => hit.PassageId == passages[1].Id || hit.Neighbours.Any(beside => beside.Id == passages[1].Id));
            Assert.Equal(AbsenceReason.Disabled, found.Standings[0].Reason);
        }

        Assert.DoesNotContain((await room.Get<IKnowledgeReader>().ReadAsync(room.Workspace, [parent], Cancellation)).Value.Hits, hit => hit.PassageId == passages[1].Id);

        // A store that it is moved to does not bring it back.
        await QdrantIndexTests.MoveAsync(room, parent, store == IndexStore.Embedded ? IndexStore.Qdrant : IndexStore.Embedded);
        Assert.DoesNotContain((await room.FindAsync(parent, "postage depot Ulm")).Hits, hit => hit.PassageId == passages[1].Id);

        await ChangeAsync(room, parent, changed, new(null, false, []));
        Assert.Equal(passages[1].Id, (await room.FindAsync(parent, "postage depot Ulm")).Hits[0].PassageId);
    }

    [Theory]
    [InlineData(IndexStore.Embedded)]
    [InlineData(IndexStore.Qdrant)]
    public async Task Keywords_FindThePassageByWords_WithoutEmbeddingItAgain(IndexStore store)
    {
        await using var server = await QdrantIndexTests.ServerAsync(real: false);
        using var room = QdrantIndexTests.Room(server);
        var (parent, passages) = await FillAsync(room, store);
        var embedded = room.Embedder.Texts;
        Assert.Empty((await room.FindAsync(parent, "reimbursement", SearchMode.Lexical)).Hits);

        var changed = await ChangeAsync(room, parent, passages[1], new(null, false, [" Refund  policy ", "reimbursement", "REIMBURSEMENT", ""]));

        Assert.Equal(["Refund policy", "reimbursement"], changed.Keywords);
        Assert.Null(changed.Edit);
        Assert.Equal(passages[1].Id, Assert.Single((await room.FindAsync(parent, "reimbursements", SearchMode.Lexical)).Hits).PassageId);
        Assert.Equal(embedded, room.Embedder.Texts);
    }

    [Fact]
    public async Task TheSecondOfTwoPeople_IsTold_AndLosesNothing()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        await ChangeAsync(room, parent, passages[0], new("What the first wrote.", false, []));
        room.Store.Editor = "Bea";

        var second = await Editor(room).ChangeAsync(room.Workspace, parent, passages[0].Id, new("What the second wrote.", false, []), 0, null, Cancellation);

        Assert.Equal(KnowledgeErrors.PassageConflict("Ada"), second.Error);
        var now = (await room.Store.FindPassageAsync(room.Workspace, parent, passages[0].Id, Cancellation))!;
        Assert.Equal("What the first wrote.", now.ShownText);
        Assert.Equal("What the second wrote.", (await ChangeAsync(room, parent, now, new("What the second wrote.", false, []))).ShownText);
    }

    [Fact]
    public async Task AChangeDuringAnIngestion_IsNotLost()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        var changed = false;
        room.Embedder.BeforeBatch = () =>
        {
            if (!changed)
            {
                changed = true;
                Assert.True(room.Store.ReviseAsync(room.Workspace, parent, passages[1].Id, Revision("Second.", 1), Cancellation).IsCompletedSuccessfully);
            }
        };

        await ChangeAsync(room, parent, passages[0], new("First.", false, []));

        Assert.True(changed);
        Assert.Equal(DocumentState.Indexed, (await room.Store.FindAsync(passages[0].Document, Cancellation))!.State);
        Assert.Equal(passages[1].Id, (await room.FindAsync(parent, "second", SearchMode.Lexical)).Hits[0].PassageId);
    }

    [Fact]
    public async Task AChange_ReachesTheIndex_ThoughTheProcessEndedRightAfterItsCommit()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        Assert.True(await room.Store.ReviseAsync(room.Workspace, parent, passages[1].Id, Revision(null, 1) with { IsDisabled = true }, Cancellation));

        // Already now no hit shows it.
        Assert.DoesNotContain((await room.FindAsync(parent, "postage depot Ulm")).Hits, hit => hit.PassageId == passages[1].Id);
        room.Restart();
        Assert.Equal([passages[1].Document], await room.Store.ListUnfinishedAsync(Cancellation));
        await room.ExecuteAsync(passages[1].Document);

        Assert.Equal(1, await room.Get<Retrieval.Index.EmbeddedIndex>().CountAsync(parent, Cancellation));
    }

    [Fact]
    public async Task ADocumentThatIsReadAnew_KeepsTheChangesOfPassagesThatStayed()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        await ChangeAsync(room, parent, passages[0], new(null, false, ["guarantee"]));
        await ChangeAsync(room, parent, passages[1], new("Send lamps to Ulm.", false, []));
        var text = (await room.Store.ReadTextAsync(passages[0].Document, Cancellation))!.Text;

        // The second section is another one now; the first is as it was.
        await CutAgainAsync(room, passages[0].Document, text.Replace("thirty", "sixty", StringComparison.Ordinal));

        var now = await room.Store.ReadPassagesAsync(passages[0].Document, Cancellation);
        Assert.Equal(passages[0].Id, now[0].Id);
        Assert.Equal(["guarantee"], now[0].Keywords);
        Assert.Null(now[1].Revision);
        Assert.Contains("sixty", (await room.FindAsync(parent, "depot Ulm")).Hits[0].Text, StringComparison.Ordinal);

        await CutAgainAsync(room, passages[0].Document, text);
        Assert.Equal("Send lamps to Ulm.", (await room.FindAsync(parent, "depot Ulm")).Hits[0].Text);
    }

    [Fact]
    public async Task Citations_QuoteTheDocumentWhereItSaysSo_AndElseNameWhoWroteIt()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        var changed = await ChangeAsync(
            room, parent, passages[0], new("The shop says so. Batteries are not part of it. The warranty of the lamp lasts seven decades.", false, []));
        var hits = (await room.FindAsync(parent, "warranty of the lamp", limit: 1)).Hits;
        Task<IReadOnlyList<Citation>> LinkAsync(string answer) => room.Get<ICitationLinker>().LinkAsync(room.Workspace, answer, hits, Cancellation);

        var (own, theirs) = (Assert.Single(await LinkAsync("Batteries are not part of it.")), Assert.Single(await LinkAsync("The warranty of the lamp lasts seven decades.")));

        var text = (await room.Store.ReadTextAsync(passages[0].Document, Cancellation))!.Text;
        Assert.Equal((true, null, "Batteries are not part of it."), (own.Verified, own.Edit, text[own.Start..own.End]));
        Assert.Equal((false, changed.Edit, "The warranty of the lamp lasts seven decades."), (theirs.Verified, theirs.Edit, theirs.Quote));
        Assert.Equal((passages[0].Start, passages[0].End), (theirs.Start, theirs.End));

        // Written anew meanwhile: what cannot be checked is not shown.
        await ChangeAsync(room, parent, changed, new("The warranty was withdrawn.", false, []));
        Assert.Empty(await LinkAsync("The warranty of the lamp lasts seven decades."));
    }

    [Fact]
    public async Task AnIndexThatIsBuiltAgain_HasTheChanges()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        await ChangeAsync(room, parent, passages[0], new("The guarantee of the torch.", false, ["candle"]));
        await ChangeAsync(room, parent, passages[1], new(null, true, []));
        room.Restart(() => File.Delete(room.IndexPath));

        await room.Get<IndexRebuild>().RunAsync(Cancellation);

        Assert.Equal(passages[0].Id, Assert.Single((await room.FindAsync(parent, "candle", SearchMode.Lexical)).Hits).PassageId);
        Assert.Single((await room.FindAsync(parent, "lamp torch depot", SearchMode.Dense)).Hits);
    }

    [Fact]
    public async Task WhatCannotBe_IsRefused_WithTheReason()
    {
        using var room = new RetrievalRoom();
        var (parent, passages) = await FillAsync(room);
        async Task<string?> Code(PassageChange change, WorkspaceId? workspace = null, KnowledgeBaseId? id = null) => (await Editor(room).ChangeAsync(
            workspace ?? room.Workspace, id ?? parent, passages[0].Id, change, 0, null, Cancellation)).Error?.Code;

        Assert.Equal("knowledge.passage_text", await Code(new("  ", false, [])));
        Assert.Equal("knowledge.passage_text", await Code(new(new string('x', IPassageEditor.LongestText + 1), false, [])));
        Assert.Equal("knowledge.passage_keywords", await Code(new(null, false, [new string('x', IPassageEditor.LongestKeyword + 1)])));
        Assert.Equal("knowledge.passage_keywords", await Code(new(null, false, [.. Enumerable.Range(0, IPassageEditor.MostKeywords + 1).Select(i => $"word{i}")])));
        Assert.Equal("knowledge.passage_not_found", await Code(new("Mine.", false, []), workspace: WorkspaceId.New()));
        Assert.Equal("knowledge.passage_not_found", await Code(new("Mine.", false, []), id: await room.CreateBaseAsync()));
        Assert.Null((await room.Store.FindPassageAsync(room.Workspace, parent, passages[0].Id, Cancellation))!.Revision);
    }

    private static IPassageEditor Editor(RetrievalRoom room) => room.Get<IPassageEditor>();

    private static PassageRevision Revision(string? text, int version) => new(text, text, false, [], version, null, null, DateTimeOffset.UnixEpoch);

    private static async Task<Passage> ChangeAsync(RetrievalRoom room, KnowledgeBaseId parent, Passage passage, PassageChange change)
    {
        var changed = await Editor(room).ChangeAsync(room.Workspace, parent, passage.Id, change, passage.Revision?.Version ?? 0, null, Cancellation);
        Assert.True(changed.IsSuccess, changed.Error?.ToString());
        await room.Work.IdleAsync();
        return changed.Value;
    }

    private static async Task CutAgainAsync(RetrievalRoom room, DocumentId document, string text)
    {
        await room.Store.SaveTextAsync(document, (await room.Store.ReadTextAsync(document, Cancellation))! with { Text = text }, Cancellation);
        await room.ExecuteAsync(document);
    }

    private static async Task<(KnowledgeBaseId Parent, IReadOnlyList<Passage> Passages)> FillAsync(RetrievalRoom room, IndexStore store = IndexStore.Embedded)
    {
        var parent = await room.CreateBaseAsync();
        if (store == IndexStore.Qdrant)
        {
            await QdrantIndexTests.MoveAsync(room, parent, store);
        }

        var document = await room.IngestAsync(parent, "terms.md", Terms);
        var passages = await room.Store.ReadPassagesAsync(document.Id, Cancellation);
        Assert.Equal(2, passages.Count);
        return (parent, passages);
    }
}
