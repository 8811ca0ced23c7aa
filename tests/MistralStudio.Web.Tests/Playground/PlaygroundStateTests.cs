using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Playground;
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
        var store = new KeptConversation(conversation) { FirstList = new() };
        var scope = Scopes.Of(conversation.Workspace, conversation.Owner, Role.Owner);
        var knowledge = new InMemoryKnowledge();
        await using var state = Playgrounds.Open(new ScriptedRunner().Hosted, store, scope, knowledge);

        var empty = state.OpenAsync(null, Stop);
        var chosen = state.OpenAsync(conversation.Id, Stop);
        store.FirstList!.SetResult();
        Assert.True(await empty);
        Assert.True(await chosen);
        Assert.Equal(conversation.Id, state.Chat.Conversation?.Id);
    }

    [Fact]
    public async Task Delete_HasTheFilesOfTheConversationErased()
    {
        var conversation = new Conversation(
            ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var (knowledge, erasure) = (new InMemoryKnowledge(), new RecordingErasure());
        await using var state = Playgrounds.Open(new ScriptedRunner().Hosted, new KeptConversation(conversation), Scopes.Of(conversation.Workspace, conversation.Owner, Role.Member), knowledge, erasure);
        await state.OpenAsync(conversation.Id, Stop);

        await state.DeleteAsync(conversation.Id, Stop);

        Assert.Equal(1, erasure.Begun);
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
}
