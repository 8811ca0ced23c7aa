using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Data.Tests;

public abstract class FeedbackStoreTests(DataFixture data)
{
    private readonly IConversationStore _conversations = data.Get<IConversationStore>();
    private readonly IFeedbackStore _feedback = data.Get<IFeedbackStore>();
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task ARating_IsFoundByItsBase_WithQuestionAnswerAndPassages()
    {
        var filings = await BaseAsync("Filings");
        var notes = await BaseAsync("Notes");
        var (conversation, answer) = await AnswerAsync("What rose?", Given(filings, "annual.pdf"), Given(notes, "memo.md"));
        Assert.True(await _feedback.RateAsync(Workspace, Owner, conversation, answer, new(FeedbackKind.Bad, "Wrong year."), Token));

        var rated = Assert.Single((await _feedback.ListAsync(Workspace, filings, FeedbackKind.Bad, null, 10, Token)).Items);
        Assert.Equal(("What rose?", "Revenue rose.", new AnswerFeedback(FeedbackKind.Bad, "Wrong year.")), (rated.Question, rated.Answer, rated.Feedback));
        Assert.Equal("annual.pdf", Assert.Single(rated.Given).Document);
        Assert.Equal(rated.Given[0].PassageId, Assert.Single(rated.Cited));
        Assert.Equal("memo.md", Assert.Single(Assert.Single((await _feedback.ListAsync(Workspace, notes, null, null, 10, Token)).Items).Given).Document);
        Assert.Empty((await _feedback.ListAsync(Workspace, filings, FeedbackKind.Good, null, 10, Token)).Items);
        Assert.Empty((await _feedback.ListAsync(WorkspaceId.New(), filings, null, null, 10, Token)).Items);

        var read = (await _conversations.ReadAsync(Workspace, Owner, conversation, Token))[^1];
        Assert.Equal(FeedbackKind.Bad, read.Feedback?.Kind);
        Assert.Equal(2, read.Given.Count);
    }

    [Fact]
    public async Task ARating_ThatIsTakenBack_IsGone()
    {
        var filings = await BaseAsync("Taken back");
        var (conversation, answer) = await AnswerAsync("Why?", Given(filings, "annual.pdf"));
        await _feedback.RateAsync(Workspace, Owner, conversation, answer, new(FeedbackKind.Good), Token);
        Assert.True(await _feedback.RateAsync(Workspace, Owner, conversation, answer, null, Token));
        Assert.Empty((await _feedback.ListAsync(Workspace, filings, null, null, 10, Token)).Items);
        Assert.Null((await _conversations.ReadAsync(Workspace, Owner, conversation, Token))[^1].Feedback);
    }

    [Fact]
    public async Task OnlyThePersonWhoAsked_RatesAnAnswer_AndNobodyAQuestion()
    {
        var (conversation, answer) = await AnswerAsync("Whose?", Given(await BaseAsync("Whose"), "annual.pdf"));
        var question = (await _conversations.ReadAsync(Workspace, Owner, conversation, Token))[0].Id;
        Assert.False(await _feedback.RateAsync(Workspace, UserId.New(), conversation, answer, new(FeedbackKind.Good), Token));
        Assert.False(await _feedback.RateAsync(WorkspaceId.New(), Owner, conversation, answer, new(FeedbackKind.Good), Token));
        Assert.False(await _feedback.RateAsync(Workspace, Owner, ConversationId.New(), answer, new(FeedbackKind.Good), Token));
        Assert.False(await _feedback.RateAsync(Workspace, Owner, conversation, question, new(FeedbackKind.Good), Token));
    }

    [Fact]
    public async Task ADeletedConversation_TakesItsFeedbackAlong_AsADeletedBaseDoes()
    {
        var filings = await BaseAsync("Deleted");
        var (conversation, answer) = await AnswerAsync("Gone?", Given(filings, "annual.pdf"));
        await _feedback.RateAsync(Workspace, Owner, conversation, answer, new(FeedbackKind.Good), Token);
        await _conversations.DeleteAsync(Workspace, Owner, conversation, Token);
        Assert.Empty((await _feedback.ListAsync(Workspace, filings, null, null, 10, Token)).Items);
    }

    [Fact]
    public async Task AConversation_RemembersWhatItHeard_AfterABaseWasTakenOut()
    {
        var (first, second) = (await BaseAsync("Heard"), await BaseAsync("Picked"));
        var conversation = await _conversations.CreateAsync(
            new NewConversation(Workspace, Owner, null, "Bases", "default", "", GenerationSettings.Default, [first], new KnowledgeReading(Everything: true)), Token);
        Assert.True(conversation.Reading.Everything);
        await _conversations.UpdateAsync(Workspace, Owner, conversation.Id, new ConversationChange(Knowledge: [second], Reading: new(Passages: 4)), Token);
        var read = (await _conversations.FindAsync(Workspace, Owner, conversation.Id, Token))!;
        Assert.Equal([second], read.Knowledge);
        Assert.Equal([first, second], read.Heard);
        Assert.Equal(new KnowledgeReading(Passages: 4), read.Reading);
    }

    private async Task<KnowledgeBaseId> BaseAsync(string name) => (await _knowledge.CreateBaseAsync(Workspace, name, "minilm", Owner, Token)).Id;

    private static GivenPassage Given(KnowledgeBaseId id, string document) => new(new PassageId(Guid.NewGuid()), DocumentId.New(), id, document, null, 3, 0.8);

    private async Task<(ConversationId Conversation, MessageId Answer)> AnswerAsync(string asked, params GivenPassage[] given)
    {
        var conversation = await _conversations.CreateAsync(
            new NewConversation(Workspace, Owner, null, asked, "default", "", GenerationSettings.Default, [.. given.Select(passage => passage.Base)]), Token);
        var question = new Message { Id = MessageId.New(), Conversation = conversation.Id, Role = MessageRole.User, Text = asked, CreatedAt = data.Time.GetUtcNow() };
        var answer = new Message
        {
            Id = MessageId.New(),
            Conversation = conversation.Id,
            Parent = question.Id,
            Role = MessageRole.Assistant,
            Text = "Revenue rose.",
            Given = given,
            Citations = [new Citation(1, given[0].PassageId, given[0].DocumentId, given[0].Base, given[0].Document, 3, 0, 13, "Revenue rose.", true, 0, 13)],
            CreatedAt = data.Time.GetUtcNow(),
        };
        Assert.True(await _conversations.AppendAsync(Workspace, Owner, question, Token));
        Assert.True(await _conversations.AppendAsync(Workspace, Owner, answer, Token));
        return (conversation.Id, answer.Id);
    }

    public sealed class OnSqlite(SqliteData data) : FeedbackStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : FeedbackStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
