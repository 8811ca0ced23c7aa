using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;

namespace MistralStudio.Data.Tests;

/// <summary>Conversations side by side, their drafts, and what another member sees of one that is shared.</summary>
public abstract class ConversationSharingTests(DataFixture data)
{
    private readonly IConversationStore _conversations = data.Get<IConversationStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    private UserId Owner => data.Owner.User;

    [Fact]
    public async Task ConversationsSideBySide_AreOneInTheList_AndGoTogether()
    {
        var lead = await CreateAsync("Lead beside");
        var beside = await CreateAsync("Other beside", lead.Id);
        Assert.Equal([beside.Id], (await _conversations.ListBesideAsync(Workspace, Owner, lead.Id, Token)).Select(found => found.Id));
        Assert.Equal([lead.Id], (await _conversations.ListAsync(Workspace, Owner, null, "beside", null, 10, Token)).Items.Select(found => found.Id));
        Assert.Equal(lead.Id, (await _conversations.FindAsync(Workspace, Owner, beside.Id, Token))!.Beside);
        Assert.Empty(await _conversations.ListBesideAsync(Workspace, UserId.New(), lead.Id, Token));
        Assert.Empty(await _conversations.ListBesideAsync(DataFixture.Elsewhere(), Owner, lead.Id, Token));

        Assert.True(await _conversations.DeleteAsync(Workspace, Owner, lead.Id, Token));
        Assert.Null(await _conversations.FindAsync(Workspace, Owner, beside.Id, Token));
    }

    [Fact]
    public async Task AConversation_StandsBesideNoneOfSomebodyElse()
    {
        var other = await data.JoinAsync("beside@example.com", Role.Member);
        var lead = await CreateAsync("Mine");

        await Assert.ThrowsAsync<InvalidOperationException>(() => _conversations.CreateAsync(
            new NewConversation(Workspace, other.User, null, "Theirs", "default", "", GenerationSettings.Default, []) { Beside = lead.Id }, Token));
    }

    [Fact]
    public async Task ADraft_ComesBackWhole()
    {
        var conversation = await CreateAsync("Drafted");
        var draft = new ConversationDraft
        {
            Content = new PromptContent { Messages = [new(MessageRole.System, "In {{language}}.")], Variables = [new("language", PromptVariableKind.Choice) { Choices = ["en", "fr"] }] },
            Values = new Dictionary<string, string> { ["language"] = "fr" },
            Sets = [new("French", new Dictionary<string, string> { ["language"] = "fr" })],
            Origin = "prompt:tone@3",
            Columns = 3,
            IsBlind = true,
            Preferences = [new(MessageId.New(), ["a"], "b"), new(MessageId.New(), ["a", "b"])],
        };
        Assert.True(await _conversations.UpdateAsync(Workspace, Owner, conversation.Id, new ConversationChange { Draft = draft }, Token));

        var read = (await _conversations.FindAsync(Workspace, Owner, conversation.Id, Token))!;
        Assert.Equal(draft.Write(), read.Draft!.Write());
        Assert.Equal("Drafted", read.Title);
    }

    [Fact]
    public async Task AConversation_IsRead_ByMembersOnly_OnceItIsShared_AndNoLongerWhenThatIsTakenBack()
    {
        var other = await data.JoinAsync("reads@example.com", Role.Viewer);
        var lead = await CreateAsync("Shared", columns: 2);
        var beside = await CreateAsync("Shared", lead.Id);
        await AppendAsync(lead.Id, "Which law?", "New York.");
        await AppendAsync(beside.Id, "Which law?", "Missouri.");
        Assert.Null(await _conversations.ReadSharedAsync(Workspace, other.User, lead.Id, Token));
        Assert.Null(await _conversations.CopySharedAsync(Workspace, other.User, lead.Id, Token));

        await ShareAsync(lead.Id, true);
        var shared = (await _conversations.ReadSharedAsync(Workspace, other.User, lead.Id, Token))!;
        Assert.Equal(["New York.", "Missouri."], shared.Columns.Select(column => column.Messages[^1].Text));
        Assert.Equal(lead.Id, shared.Lead.Id);
        Assert.NotEmpty(shared.OwnerName);

        // Neither by the id of another column, nor from elsewhere, nor what an app was asked.
        Assert.Null(await _conversations.ReadSharedAsync(Workspace, other.User, beside.Id, Token));
        Assert.Null(await _conversations.ReadSharedAsync(DataFixture.Elsewhere(), other.User, lead.Id, Token));
        Assert.Null(await _conversations.CopySharedAsync(DataFixture.Elsewhere(), other.User, lead.Id, Token));
        Assert.False(await _conversations.UpdateAsync(Workspace, other.User, lead.Id, new ConversationChange { IsShared = true }, Token));
        // It is read, not had.
        Assert.Null(await _conversations.FindAsync(Workspace, other.User, lead.Id, Token));
        Assert.Empty(await _conversations.ReadAsync(Workspace, other.User, lead.Id, Token));

        await ShareAsync(lead.Id, false);
        Assert.Null(await _conversations.ReadSharedAsync(Workspace, other.User, lead.Id, Token));
    }

    [Fact]
    public async Task OfKnowledgeThatAReaderMayNotSee_NeitherPassageNorQuotationIsShown_NorCopied()
    {
        var other = await data.JoinAsync("continues@example.com", Role.Member);
        var open = (await data.Get<IKnowledgeStore>().CreateBaseAsync(Workspace, "Open", "minilm", Owner, Token)).Id;
        var lead = await CreateAsync("With files", columns: 1);
        var files = (await data.Get<IConversationFiles>().OpenAsync(Workspace, Owner, lead.Id, "minilm", Token))!.Id;
        await _conversations.UpdateAsync(Workspace, Owner, lead.Id, new ConversationChange(Knowledge: [open, files]), Token);
        await AppendAsync(lead.Id, "What fell?", "Costs fell.", files);
        await AppendAsync(lead.Id, "What rose?", "Revenue rose.", open, files);
        await ShareAsync(lead.Id, true);

        var shared = (await _conversations.ReadSharedAsync(Workspace, other.User, lead.Id, Token))!;
        var answer = shared.Columns[0].Messages[^1];
        Assert.Equal("Revenue rose.", answer.Text);
        Assert.Equal([open], answer.Citations.Select(citation => citation.Base));
        Assert.Equal([open], answer.Given.Select(given => given.Base));
        Assert.Equal([open], shared.Lead.Knowledge);
        Assert.Equal(4, shared.Hidden);
        // Nobody can tell its reader that such an answer rests on nothing.
        var bare = shared.Columns[0].Messages.Single(message => message.Text == "Costs fell.");
        Assert.Equal([bare.Id], shared.Columns[0].Bare);
        Assert.Equal(12, bare.Timings!.RetrievalMs);
        Assert.Null(answer.Feedback);

        var copy = (await _conversations.CopySharedAsync(Workspace, other.User, lead.Id, Token))!;
        Assert.Equal((other.User, (DateTimeOffset?)null), (copy.Owner, copy.SharedAt));
        Assert.Equal([open], copy.Knowledge);
        // What was heard keeps its class where the copy goes on.
        Assert.Equal(new[] { open, files }.OrderBy(id => id.Value), copy.Heard.OrderBy(id => id.Value));
        var copied = await _conversations.ReadAsync(Workspace, other.User, copy.Id, Token);
        Assert.Equal([open], copied[^1].Citations.Select(citation => citation.Base));
        Assert.Equal((0, 12), (copied[1].Timings!.RetrievalMs, copied[^1].Timings!.RetrievalMs));
        Assert.Equal(copied[^2].Id, copied[^1].Parent);
        Assert.NotEqual(answer.Id, copied[^1].Id);
        // The owner has all of it still.
        Assert.Equal(2, (await _conversations.ReadAsync(Workspace, Owner, lead.Id, Token))[^1].Citations.Count);
    }

    private Task<Conversation> CreateAsync(string title, ConversationId? beside = null, int columns = 1) => _conversations.CreateAsync(
        new NewConversation(Workspace, Owner, null, title, "default", "", GenerationSettings.Default, []) { Beside = beside, Draft = new ConversationDraft { Columns = columns } }, Token);

    private async Task ShareAsync(ConversationId id, bool isShared) =>
        Assert.True(await _conversations.UpdateAsync(Workspace, Owner, id, new ConversationChange { IsShared = isShared }, Token));

    private async Task AppendAsync(ConversationId conversation, string question, string answer, params KnowledgeBaseId[] bases)
    {
        var asked = new Message { Id = MessageId.New(), Conversation = conversation, Role = MessageRole.User, Text = question, CreatedAt = data.Time.GetUtcNow() };
        var answered = asked with
        {
            Id = MessageId.New(),
            Parent = asked.Id,
            Role = MessageRole.Assistant,
            Text = answer,
            Timings = new(12, 0, 0, 1, 13, 14, 0),
            Feedback = new AnswerFeedback(FeedbackKind.Good),
            Citations = [.. bases.Select((id, i) => new Citation(i + 1, PassageId.From(Guid.CreateVersion7()), DocumentId.New(), id, "a.md", null, 0, 5, "very private", true, 0, 5))],
            Given = [.. bases.Select(id => new GivenPassage(PassageId.From(Guid.CreateVersion7()), DocumentId.New(), id, "a.md", null, null, 1))],
        };
        Assert.True(await _conversations.AppendAsync(Workspace, Owner, conversation, [asked, answered], Token));
    }

    public sealed class OnSqlite(SqliteData data) : ConversationSharingTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : ConversationSharingTests(data.OrSkip()), IClassFixture<PostgresData>;
}
