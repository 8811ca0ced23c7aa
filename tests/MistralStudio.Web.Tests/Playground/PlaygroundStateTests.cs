using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Layout;
using MistralStudio.Web.Tests.Chat;

namespace MistralStudio.Web.Tests.Playground;

public sealed class PlaygroundStateTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_EndsWithWhatWasAskedForLast_WhenTheFirstIsSlower()
    {
        var conversation = new Conversation(
            ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var store = new OneConversation(conversation);
        var scope = new WorkspaceScope(
            new Caller(conversation.Workspace, conversation.Owner, RolePermissions.Of(Role.Owner)), "contracts", "Contracts", Role.Owner, "Ada", "ada@example.com");
        await using var state = new PlaygroundState(
            new ScriptedRunner(), store, new FakeModelRouter(new ScriptedChatClient(_ => "")), scope, TimeProvider.System, NullLogger.Instance);

        var empty = state.OpenAsync(null, Stop);
        var chosen = state.OpenAsync(conversation.Id, Stop);
        store.FirstList.SetResult();
        Assert.True(await empty);
        Assert.True(await chosen);
        Assert.Equal(conversation.Id, state.Chat.Conversation?.Id);
    }

    [Theory]
    [InlineData("0.35", 0.35f)]
    [InlineData("7", 2f)]
    [InlineData("-1", 0f)]
    [InlineData("NaN", null)]
    [InlineData("warm", null)]
    [InlineData(null, null)]
    public void Number_StaysWithinItsBounds(string? typed, float? number) => Assert.Equal(number, PlaygroundState.Number(typed, 0, 2));

    [Theory]
    [InlineData("42", 42L)]
    [InlineData("-7", -7L)]
    [InlineData("", null)]
    [InlineData("4.2", null)]
    [InlineData("99999999999999999999", null)]
    public void Seed_IsAWholeNumberOrNone(string typed, long? seed) => Assert.Equal(seed, PlaygroundState.Seed(typed));

    /// <summary>A store of one conversation, whose first list waits for the test.</summary>
    private sealed class OneConversation(Conversation conversation) : IConversationStore
    {
        private int _lists;

        public TaskCompletionSource FirstList { get; } = new();

        public async Task<Listing<Conversation>> ListAsync(
            WorkspaceId workspace, UserId owner, AppId? app, string? search, string? after, int limit, CancellationToken cancellationToken)
        {
            if (_lists++ == 0)
            {
                await FirstList.Task.WaitAsync(cancellationToken);
            }

            return new Listing<Conversation>([conversation], null);
        }

        public Task<Conversation?> FindAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
            Task.FromResult(id == conversation.Id ? conversation : null);

        public Task<IReadOnlyList<Message>> ReadAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Message>>([]);

        public Task<Conversation> CreateAsync(NewConversation made, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> UpdateAsync(WorkspaceId workspace, UserId owner, ConversationId id, ConversationChange change, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(WorkspaceId workspace, UserId owner, ConversationId id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> AppendAsync(WorkspaceId workspace, UserId owner, Message message, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
