using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class KnowledgeSearchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BaseOfAnotherWorkspace_IsAsUnknownAsNone()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "secret.txt", "The launch code is orchid.");

        var foreign = await room.Search.SearchAsync(new(WorkspaceId.New(), [parent], "launch code"), Cancellation);
        var unknown = await room.Search.SearchAsync(new(room.Workspace, [KnowledgeBaseId.New()], "launch code"), Cancellation);

        Assert.Equal(unknown.Error, foreign.Error);
        Assert.Equal("knowledge.base_not_found", foreign.Error?.Code);
    }

    [Fact]
    public async Task Search_StaysInItsBases()
    {
        using var room = new RetrievalRoom();
        var (one, two) = (await room.CreateBaseAsync(), await room.CreateBaseAsync());
        await room.IngestAsync(one, "one.txt", "Pears ripen in autumn.");
        await room.IngestAsync(two, "two.txt", "Pears ripen in a cellar.");
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            Assert.Equal(["one.txt"], (await room.FindAsync(one, "pears ripen", mode)).Hits.Select(hit => hit.Document));
        }
    }

    [Theory]
    [InlineData("pears\" OR NEAR(x) -- * ^ title:")]
    [InlineData("AND OR NOT pears")]
    [InlineData("(((")]
    public async Task Question_IsWordsAndNoQueryLanguage(string question)
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "one.txt", "Pears ripen in autumn.");

        var result = await room.FindAsync(parent, question, SearchMode.Lexical);

        Assert.Equal(question.Contains("pears", StringComparison.Ordinal) ? 1 : 0, result.Hits.Count);
    }

    [Fact]
    public async Task Words_AreFoundInEachLanguageOfABase_WhateverItsDocumentsAreCalled()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "10-K.txt", "The mills were closed in the autumn, and the workers of the town were moved to the harbour.");
        await room.IngestAsync(parent, "Abend.txt", "Die Mühlen wurden im Herbst geschlossen, und die Arbeiter der Stadt zogen in den Hafen um.");
        await room.IngestAsync(parent, "Молоко.txt", "Мельницы были закрыты осенью, и рабочие города переехали в гавань, потому что там была работа.");

        foreach (var (question, document) in new[] { ("closing mill", "10-K.txt"), ("Mühle geschlossen", "Abend.txt"), ("закрытая мельница", "Молоко.txt") })
        {
            Assert.Equal(document, (await room.FindAsync(parent, question, SearchMode.Lexical)).Hits[0].Document);
        }
    }

    [Theory]
    [InlineData("東京は日本の首都です。大阪は西にあります。", "日本の首都")]
    [InlineData("合同于五月签署。", "签署合同")]
    [InlineData("The mills were closed.", "closing mill")]
    public async Task Words_AreFound_WithoutSpacesAndInOtherForms(string text, string question)
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", text);

        Assert.Single((await room.FindAsync(parent, question, SearchMode.Lexical)).Hits);
    }

    [Fact]
    public async Task NewDocument_IsFoundAtOnce_AfterASearchLoadedTheBase()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        Assert.Empty((await room.FindAsync(parent, "quince")).Hits);
        await room.IngestAsync(parent, "a.txt", "Apples are red.");
        Assert.Single((await room.FindAsync(parent, "apples", SearchMode.Dense)).Hits);

        await room.IngestAsync(parent, "b.txt", "Quince is yellow.");

        Assert.Equal("b.txt", (await room.FindAsync(parent, "quince yellow", SearchMode.Dense)).Hits[0].Document);
    }

    [Fact]
    public async Task EmptyQuestion_IsAnError()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();

        Assert.Equal("knowledge.query_empty", (await room.Search.SearchAsync(new(room.Workspace, [parent], "  "), Cancellation)).Error?.Code);
    }
}
