using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;
using MistralStudio.Core.Security;

namespace MistralStudio.Data.Tests;

public abstract class ConversationStoreTests(DataFixture data)
{
    private readonly IConversationStore _conversations = data.Get<IConversationStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task AMessage_ComesBackWhole()
    {
        var conversation = await CreateAsync("Whole");
        var question = Question(conversation.Id, "What rose?");
        var answer = new Message
        {
            Id = MessageId.New(),
            Conversation = conversation.Id,
            Parent = question.Id,
            Role = MessageRole.Assistant,
            Text = "Revenue rose. 🙂",
            State = MessageState.Failed,
            Model = "smollm2-135m-instruct",
            Usage = new TokenUsage(12, 5, 4),
            Timings = new TurnTimings(1.5, 2, 3, 4, 5, 6, 7.25),
            Citations = [new Citation(1, new PassageId(Guid.NewGuid()), DocumentId.New(), KnowledgeBaseId.New(), "annual.pdf", 3, 10, 23, "Revenue rose.", true, 0, 13)],
            Error = new Error("model.busy", "Busy.", "Wait."),
            CreatedAt = data.Time.GetUtcNow(),
        };
        Assert.True(await _conversations.AppendAsync(Workspace, Owner, question, Token));
        Assert.True(await _conversations.AppendAsync(Workspace, Owner, answer, Token));

        var read = await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token);
        Assert.Equal([question.Id, answer.Id], read.Select(message => message.Id));
        Assert.Equal(answer.Citations, read[1].Citations);
        Assert.Equal(answer, read[1] with { Citations = answer.Citations, Given = answer.Given, Tools = answer.Tools, Confidence = answer.Confidence });
    }

    [Fact]
    public async Task AnAnswerInTheMaking_IsKeptAgain_InItsPlace_WithItsCallsAndItsFeedback()
    {
        var conversation = await CreateAsync("Kept");
        var question = Question(conversation.Id, "Weather?");
        await _conversations.AppendAsync(Workspace, Owner, question, Token);
        var use = new ToolUse { Id = "c1", Tool = "get_weather", Arguments = """{"place":"Paris"}""", Round = 1, At = 0, State = ToolUseState.Asked };
        var answer = new Message
        {
            Id = MessageId.New(),
            Conversation = conversation.Id,
            Parent = question.Id,
            Role = MessageRole.Assistant,
            Text = "",
            State = MessageState.Stopped,
            Tools = [use],
            CreatedAt = data.Time.GetUtcNow(),
        };
        Assert.True(await _conversations.KeepAsync(Workspace, Owner, answer, Token));
        await _conversations.AppendAsync(Workspace, Owner, Question(conversation.Id, "And tomorrow?"), Token);
        await data.Get<IFeedbackStore>().RateAsync(Workspace, Owner, conversation.Id, answer.Id, new AnswerFeedback(FeedbackKind.Good), Token);

        var whole = answer with
        {
            Text = "It rains.",
            State = MessageState.Complete,
            Tools = [use with { State = ToolUseState.Failed, Wanted = "{}", Error = new Error("agent.tool_timeout", "Late.", "Go on."), Ms = 60_000, ByHand = true, Note = "n", Result = "r" }],
            Check = new AnswerCheck("Weather", [new SchemaViolation("/rain", "/properties/rain/type", "It is missing.")]),
            Confidence = [new TokenConfidence("It", 0.5f, [new TokenAlternative("It", 0.5f), new TokenAlternative("Rain", 0.25f)])],
        };
        Assert.True(await _conversations.KeepAsync(Workspace, Owner, whole, Token));

        var read = (await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token))[1];
        Assert.Equal(whole.Tools, read.Tools);
        Assert.Equal((whole.Check!.Schema, whole.Check.Violations[0]), (read.Check!.Schema, read.Check.Violations[0]));
        Assert.Equal(whole.Confidence[0].Others, read.Confidence[0].Others);
        Assert.Equal(("It rains.", MessageState.Complete, FeedbackKind.Good), (read.Text, read.State, read.Feedback!.Kind));
        var other = await data.JoinAsync("other-keeper@example.com", Role.Admin);
        Assert.False(await _conversations.KeepAsync(Workspace, other.User, whole with { Text = "Forged." }, Token));
    }

    [Fact]
    public async Task Messages_KeepTheirOrder_WhenManyAreAppendedAtOnce()
    {
        var conversation = await CreateAsync("Crowded");
        await Parallel.ForEachAsync(Enumerable.Range(0, 20), Token, async (number, cancellationToken) =>
            Assert.True(await _conversations.AppendAsync(Workspace, Owner, Question(conversation.Id, $"{number}"), cancellationToken)));
        Assert.Equal(20, (await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token)).Count);

        var first = Question(conversation.Id, "first");
        var second = Question(conversation.Id, "second");
        await _conversations.AppendAsync(Workspace, Owner, first, Token);
        await _conversations.AppendAsync(Workspace, Owner, second, Token);
        Assert.Equal([first.Id, second.Id], (await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token)).TakeLast(2).Select(message => message.Id));
    }

    [Fact]
    public async Task AConversation_IsItsOwners_InItsWorkspace()
    {
        var other = await data.JoinAsync("reader@example.com", Role.Admin);
        var conversation = await CreateAsync("Private");
        await _conversations.AppendAsync(Workspace, Owner, Question(conversation.Id, "secret"), Token);
        foreach (var (workspace, user) in new[] { (Workspace, other.User), (DataFixture.Elsewhere(), Owner) })
        {
            Assert.Null(await _conversations.FindAsync(workspace, user, conversation.Id, Token));
            Assert.Empty(await _conversations.ReadAsync(workspace, user, conversation.Id, Token));
            Assert.Empty((await _conversations.ListAsync(workspace, user, null, null, null, 10, Token)).Items);
            Assert.False(await _conversations.AppendAsync(workspace, user, Question(conversation.Id, "forged"), Token));
            Assert.False(await _conversations.UpdateAsync(workspace, user, conversation.Id, new ConversationChange("Stolen"), Token));
            Assert.False(await _conversations.DeleteAsync(workspace, user, conversation.Id, Token));
        }

        Assert.Single(await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token));
        Assert.True(await _conversations.DeleteAsync(Workspace, Owner, conversation.Id, Token));
        Assert.Empty(await _conversations.ReadAsync(Workspace, Owner, conversation.Id, Token));
        Assert.False(await _conversations.AppendAsync(Workspace, Owner, Question(conversation.Id, "late"), Token));
    }

    [Fact]
    public async Task TheConversationLastUsed_IsFirst_AndAChangeKeepsTheRest()
    {
        var older = await CreateAsync("Zebra older");
        data.Time.Advance(TimeSpan.FromSeconds(1));
        var newer = await CreateAsync("Zebra newer");
        Assert.Equal([newer.Id, older.Id], await ZebrasAsync());
        data.Time.Advance(TimeSpan.FromSeconds(1));
        await _conversations.AppendAsync(Workspace, Owner, Question(older.Id, "again"), Token);
        Assert.Equal([older.Id, newer.Id], await ZebrasAsync());

        var settings = new GenerationSettings(0.25f, 0.9f, 300, 7);
        Assert.True(await _conversations.UpdateAsync(Workspace, Owner, older.Id, new ConversationChange(Settings: settings), Token));
        var changed = (await _conversations.FindAsync(Workspace, Owner, older.Id, Token))!;
        Assert.Equal((settings, "Zebra older", older.Knowledge[0]), (changed.Settings, changed.Title, changed.Knowledge[0]));
    }

    private async Task<IEnumerable<ConversationId>> ZebrasAsync() =>
        (await _conversations.ListAsync(Workspace, Owner, null, "zebra", null, 10, Token)).Items.Select(item => item.Id);

    private Task<Conversation> CreateAsync(string title) => _conversations.CreateAsync(
        new NewConversation(Workspace, Owner, null, title, "default", "Be brief.", GenerationSettings.Default, [KnowledgeBaseId.New()]), Token);

    private Message Question(ConversationId conversation, string text) => new()
    {
        Id = MessageId.New(), Conversation = conversation, Role = MessageRole.User, Text = text, CreatedAt = data.Time.GetUtcNow(),
    };

    public sealed class OnSqlite(SqliteData data) : ConversationStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : ConversationStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
