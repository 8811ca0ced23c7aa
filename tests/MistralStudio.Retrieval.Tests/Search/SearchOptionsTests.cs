using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class SearchOptionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Filters_AskForFieldsOfEachType_OnBothLegs()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var old = await room.IngestAsync(parent, "old.txt", "Pears ripen in autumn.");
        var fresh = await room.IngestAsync(parent, "fresh.md", "Pears ripen in spring.");
        await room.DescribeAsync(old, ("team", "Sales"), ("year", "2019"), ("signed", "2019-03-01"), ("draft", "false"));
        await room.DescribeAsync(fresh, ("team", "legal"), ("year", "2024"), ("draft", "true"));

        Assert.Equal(["old.txt"], await FindAsync(new("team", FilterOperator.Is, [MetadataValue.Of("sales")])));
        Assert.Equal(["fresh.md"], await FindAsync(new("team", FilterOperator.IsNot, [MetadataValue.Of("sales")])));
        Assert.Equal(["fresh.md", "old.txt"], await FindAsync(new("team", FilterOperator.Is, [MetadataValue.Of("Sales"), MetadataValue.Of("Legal")])));
        Assert.Equal(["fresh.md"], await FindAsync(new("year", FilterOperator.AtLeast, [MetadataValue.Of(2020)])));
        Assert.Equal(["old.txt"], await FindAsync(new("year", FilterOperator.AtMost, [MetadataValue.Of(2020)])));
        Assert.Equal(["old.txt"], await FindAsync(new("signed", FilterOperator.Exists, [])));
        Assert.Equal(["old.txt"], await FindAsync(new("signed", FilterOperator.AtMost, [MetadataValue.Parse("2020-01-01")])));
        Assert.Equal(["fresh.md"], await FindAsync(new("draft", FilterOperator.Is, [MetadataValue.Of(true)])));
        Assert.Equal(["old.txt"], await FindAsync(new("name", FilterOperator.Is, [MetadataValue.Of("OLD.txt")])));
        Assert.Equal(["fresh.md", "old.txt"], await FindAsync(new("language", FilterOperator.Is, [MetadataValue.Of("english")])));

        // A text is no number, and a field's name is no part of a statement.
        Assert.Empty(await FindAsync(new("year", FilterOperator.Is, [MetadataValue.Of("2019")])));
        Assert.Empty(await FindAsync(new("x' OR 1=1 --", FilterOperator.Exists, [])));
        Assert.Equal(["old.txt"], await NamesAsync(new([old.Id], [])));

        async Task<IEnumerable<string>> FindAsync(FieldCondition condition) => await NamesAsync(new([], [condition]));

        async Task<IEnumerable<string>> NamesAsync(SearchFilter filter)
        {
            var names = new List<IEnumerable<string>>();
            foreach (var mode in Enum.GetValues<SearchMode>())
            {
                var found = (await room.Search.SearchAsync(new(room.Workspace, [parent], "pears ripen", 10, mode) { Filter = filter }, Cancellation)).Value;
                Assert.Equal(found.Hits.Count, found.Allowed);
                names.Add(found.Hits.Select(hit => hit.Document).Order());
            }

            Assert.All(names, other => Assert.Equal(names[0], other));
            return names[0];
        }
    }

    [Fact]
    public async Task SeveralBases_AreSearchedAtOnce_AndOneThatMayNotBeReadGivesNothing()
    {
        using var room = new RetrievalRoom();
        var (one, two) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        var other = WorkspaceId.New();
        var foreign = await room.CreateBaseAsync(other);
        await room.IngestAsync(one, "one.txt", "Pears ripen in autumn.");
        await room.IngestAsync(two, "two.txt", "Pears ripen in a cellar.");
        var secret = (await room.Store.AddDocumentAsync(other, foreign, new("secret.txt", "text/plain", 1, "", null), Cancellation))!;
        await room.PublishAsync(secret, "Pears ripen in a vault.");

        var found = (await room.Search.SearchAsync(
            new(room.Workspace, [one, foreign, two], "pears ripen") { Explain = [(await room.Store.ReadPassagesAsync(secret.Id, Cancellation))[0].Id] }, Cancellation)).Value;

        Assert.Equal(["one.txt", "two.txt"], found.Hits.Select(hit => hit.Document).Order());
        Assert.Equal((AbsenceReason.NotSearched, null), (found.Standings[0].Reason, found.Standings[0].Dense));
    }

    [Fact]
    public async Task Hits_SayWhereTheWordsAre_AndHowTheyWereRanked()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "The mills closed. A closing mill is quiet.");

        var hit = (await room.FindAsync(parent, "Which mill was closed?")).Hits[0];

        Assert.Equal(["mills", "closed", "closing", "mill"], hit.Matches.Select(span => hit.Text.Substring(span.Start, span.Length)));
        Assert.Equal((1, 1, 1), (hit.Ranks.Dense, hit.Ranks.Lexical, hit.Ranks.Fused));
        Assert.Equal(hit.Score, hit.Ranks.FusedScore);
    }

    [Fact]
    public async Task Matches_OfAScriptWithoutSpaces_AreOneStretch()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "東京は日本の首都です。");

        var hit = (await room.FindAsync(parent, "日本の首都", SearchMode.Lexical)).Hits[0];

        Assert.Equal(["日本の首都"], hit.Matches.Select(span => hit.Text.Substring(span.Start, span.Length)));
    }

    [Fact]
    public async Task Neighbours_ComeWithAHit()
    {
        using var room = new RetrievalRoom(configure: options => options.PassageCharacters = 100);
        var parent = await room.CreateBaseAsync();
        var text = string.Join("\n\n", Enumerable.Range(0, 6).Select(i => $"Chapter {i} speaks of {"apples pears plums quinces figs grapes".Split(' ')[i]} and of how they grow in gardens near the sea."));
        await room.IngestAsync(parent, "a.txt", text);

        var hit = (await SearchAsync(room, parent, "quinces", new() { Neighbours = 1, Limit = 1, Mode = SearchMode.Lexical })).Hits[0];

        Assert.Contains("quinces", hit.Text, StringComparison.Ordinal);
        Assert.Equal(2, hit.Neighbours.Count);
        Assert.True(hit.Neighbours[0].End <= hit.Start && hit.Neighbours[1].Start >= hit.End);
    }

    [Fact]
    public async Task Thresholds_LeaveOut_AndSayWhatTheyDid()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "Quinces are yellow.");
        var weak = await room.IngestAsync(parent, "b.txt", "Apples are red and quinces are not. They grow in many gardens of the north, where winters are long.");
        var passage = (await room.Store.ReadPassagesAsync(weak.Id, Cancellation))[0].Id;
        var all = await SearchAsync(room, parent, "yellow quinces", new() { Mode = SearchMode.Lexical }, passage);
        var between = (all.Hits[0].Score + all.Hits[1].Score) / 2;

        var byScore = await SearchAsync(room, parent, "yellow quinces", new() { Mode = SearchMode.Lexical, MinScore = between }, passage);
        var byLeg = await SearchAsync(room, parent, "yellow quinces", new() { Mode = SearchMode.Lexical, MinLexical = between }, passage);

        Assert.Equal(AbsenceReason.Found, all.Standings[0].Reason);
        Assert.Equal((1, AbsenceReason.BelowScore), (byScore.Hits.Count, byScore.Standings[0].Reason));
        Assert.Equal((1, AbsenceReason.BelowLegThreshold), (byLeg.Hits.Count, byLeg.Standings[0].Reason));
        Assert.Equal(all.Hits[1].Lexical!.Value, byLeg.Standings[0].Lexical!.Value, 4);
    }

    [Fact]
    public async Task SettingsOfTheBase_CountWhereAQuestionBringsNone()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "Quinces are yellow.");
        await room.IngestAsync(parent, "b.txt", "Quinces are sour.");
        await room.Store.ChangeSettingsAsync(
            room.Workspace, parent, new() { Search = new() { Limit = 1, Mode = SearchMode.Lexical, DenseWeight = 7 } }, 0, Cancellation);

        var found = (await room.Search.SearchAsync(new(room.Workspace, [parent], "quinces"), Cancellation)).Value;
        var asked = (await room.Search.SearchAsync(new(room.Workspace, [parent], "quinces", 2, SearchMode.Dense), Cancellation)).Value;

        Assert.Equal((1, SearchMode.Lexical, 1.0), (found.Hits.Count, found.Settings.Mode, found.Settings.DenseWeight));
        Assert.Equal((2, SearchMode.Dense), (asked.Hits.Count, asked.Settings.Mode));
    }

    [Fact]
    public async Task RenamedDocument_IsFoundByItsNewName()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var document = await room.IngestAsync(parent, "harvest.txt", "It was a dry year.");
        await room.PublishAsync(document with { Name = "drought.txt" }, null);

        Assert.Single((await room.FindAsync(parent, "drought", SearchMode.Lexical)).Hits);
        Assert.Empty((await room.FindAsync(parent, "harvest", SearchMode.Lexical)).Hits);
    }

    private static async Task<SearchResult> SearchAsync(
        RetrievalRoom room, KnowledgeBaseId parent, string question, SearchSettings settings, params PassageId[] explain) =>
        (await room.Search.SearchAsync(new(room.Workspace, [parent], question) { Settings = settings, Explain = explain }, Cancellation)).Value;
}
