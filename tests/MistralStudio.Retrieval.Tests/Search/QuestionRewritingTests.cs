using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Search;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class QuestionRewritingTests
{
    private static readonly QueryTurn[] s_conversation =
        [new(true, "Who built the windmill of Kinderdijk?"), new(false, "The windmill was built by Dutch carpenters in 1740.")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("And when?", false)]
    [InlineData("What did it cost to build?", false)]
    [InlineData("Und was hat sie gekostet?", false)]
    [InlineData("Why?", false)]
    [InlineData("Which carpenters built the harbour of Rotterdam?", true)]
    public void Question_StandsAlone_OnlyWhereItSaysWhatItIsAbout(string question, bool expected) =>
        Assert.Equal(expected, QuestionRewriting.StandsAlone(question));

    [Theory]
    [InlineData("What did the windmill of Kinderdijk cost?", "What did the windmill of Kinderdijk cost?")]
    [InlineData("\"What did the windmill cost?\"\nIt means the windmill.", "What did the windmill cost?")]
    [InlineData("The windmill cost about four thousand guilders, which was paid by farmers of several villages.", null)]
    [InlineData("", null)]
    [InlineData("Who painted the Mona Lisa in Florence?", null)]
    public void Rewriting_IsTaken_WhereItsWordsAreTheConversations(string written, string? expected) =>
        Assert.Equal(expected, QuestionRewriting.Accept(written, "What did it cost?", s_conversation));

    [Theory]
    [InlineData("What did the windmill of Kinderdijk cost?", "What did the windmill of Kinderdijk cost?")]
    [InlineData("I am a helpful assistant that likes to chat about anything!", "What did it cost? built windmill Kinderdijk")]
    public async Task Search_AsksTheRewrittenQuestion_AndWithoutAUsableOneAddsTheWordsBefore(string written, string expected)
    {
        var model = new ScriptedChatClient(_ => written);
        using var room = new RetrievalRoom(services: services => services.AddSingleton<IModelRouter>(new FakeModelRouter(model)));
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "The windmill of Kinderdijk cost four thousand guilders.");

        var found = await SearchAsync(room, parent, "What did it cost?");
        var alone = await SearchAsync(room, parent, "Which carpenters built the harbour of Rotterdam?");

        Assert.Equal(expected, found.Question);
        Assert.True(found.Timings.RewriteMs > 0);
        Assert.Single(found.Hits);
        Assert.Equal("Which carpenters built the harbour of Rotterdam?", alone.Question);
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task WithoutAModel_TheWordsBeforeAreAdded_AndTheReasonIsSaid()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "The windmill of Kinderdijk cost four thousand guilders.");

        var found = await SearchAsync(room, parent, "What did it cost?");

        Assert.Equal("What did it cost? built windmill Kinderdijk", found.Question);
        Assert.Equal("search.no_chat_model", Assert.Single(found.Notes).Code);
    }

    private static async Task<SearchResult> SearchAsync(RetrievalRoom room, KnowledgeBaseId parent, string question) =>
        (await room.Search.SearchAsync(
            new(room.Workspace, [parent], question) { Settings = new() { RewriteQuestions = true }, Conversation = s_conversation }, Cancellation)).Value;
}
