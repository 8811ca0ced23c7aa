using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests.Chat;

/// <summary>Answers that outlive the page that asked for them.</summary>
public sealed class ChatTurnsTests
{
    private readonly ScriptedRunner _runner = new();
    private readonly Conversation _conversation = new(
        ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
    private readonly KeptConversation _store;

    public ChatTurnsTests() => _store = new KeptConversation(_conversation);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_GoesOnWhenItsPageIsClosed_AndThePageThatReturnsHasTheTextSoFar()
    {
        var first = Page();
        await first.SendAsync("Tell me a story.", Stop);
        _runner.Say("Once upon");
        await SaidAsync(first, "Once upon");
        await first.DisposeAsync();

        await using var second = Page();
        Assert.True(await second.LoadAsync(_conversation.Id, Stop));
        Assert.True(second.IsBusy);
        Assert.Equal("Once upon", second.Thread[^1].Text);
        _runner.Say(" a time.");
        await SaidAsync(second, "Once upon a time.");
        _runner.End();
        await second.WhenIdleAsync();

        Assert.False(second.IsBusy);
        var kept = (await _store.ReadAsync(_conversation.Workspace, _conversation.Owner, _conversation.Id, Stop))[^1];
        Assert.Equal((MessageState.Complete, "Once upon a time."), (kept.State, kept.Text));
        Assert.Equal(0, _runner.Hosted.Count);
    }

    [Fact]
    public async Task Stop_WorksFromAnotherPage_AndBothShowWhatIsLeft()
    {
        await using var asked = Page();
        await asked.SendAsync("Tell me a story.", Stop);
        _runner.Say("Once upon");
        await SaidAsync(asked, "Once upon");
        await using var other = Page();
        await other.LoadAsync(_conversation.Id, Stop);

        other.Stop();
        await Task.WhenAll(asked.WhenIdleAsync(), other.WhenIdleAsync());

        Assert.Equal(MessageState.Stopped, asked.Thread[^1].State);
        Assert.Same(asked.Thread[^1], other.Thread[^1]);
        Assert.False(asked.IsBusy || other.IsBusy);
    }

    [Fact]
    public async Task SecondPage_DoesNotAskWhileTheFirstIsAnswered()
    {
        await using var first = Page();
        await first.SendAsync("One?", Stop);
        _runner.Say("1");
        _runner.End();
        await first.WhenIdleAsync();
        await using var second = Page();
        await second.LoadAsync(_conversation.Id, Stop);
        await first.SendAsync("Two?", Stop);

        Assert.False(await second.SendAsync("Two as well?", Stop));
        Assert.Equal("chat.answered_elsewhere", second.Error?.Code);
        Assert.Equal(3, (await _store.ReadAsync(_conversation.Workspace, _conversation.Owner, _conversation.Id, Stop)).Count);
        _runner.End();
    }

    [Fact]
    public async Task Turn_IsNotFoundByAnybodyElse()
    {
        await using var page = Page();
        await page.SendAsync("Tell me a story.", Stop);

        Assert.NotNull(_runner.Hosted.Find(Log(_conversation.Workspace, _conversation.Owner), _conversation.Id));
        Assert.Null(_runner.Hosted.Find(Log(_conversation.Workspace, UserId.New()), _conversation.Id));
        Assert.Null(_runner.Hosted.Find(Log(WorkspaceId.New(), _conversation.Owner), _conversation.Id));
        Assert.Null(_runner.Hosted.Find(new ConversationLog(_store, _conversation.Workspace, _conversation.Owner, AppId.New()), _conversation.Id));
        _runner.End();
    }

    [Fact]
    public async Task PersonWhoLostTheRight_HasTheAnswerStopped_ThoughNoPageIsOpen()
    {
        var time = new FakeTimeProvider();
        var turns = new ChatTurns(_runner, time, NullLogger<ChatTurns>.Instance);
        var holds = true;
        var asked = new TaskCompletionSource();
        var page = Page(turns, stop =>
        {
            asked.TrySetResult();
            return Task.FromResult(holds);
        });
        await page.SendAsync("Tell me a story.", Stop);
        _runner.Say("Once upon");
        await SaidAsync(page, "Once upon");
        var answer = page.Thread[^1];
        await page.DisposeAsync();

        time.Advance(StandingRights.Interval);
        await asked.Task.WaitAsync(Stop);
        Assert.True(answer.IsLive);
        holds = false;
        var ended = turns.Find(Log(_conversation.Workspace, _conversation.Owner), _conversation.Id)!.Ended;
        while (!ended.IsCompleted)
        {
            time.Advance(StandingRights.Interval);
            await Task.Yield();
        }

        Assert.Equal(MessageState.Stopped, answer.State);
    }

    [Fact]
    public async Task StudioThatGoesDown_KeepsHowFarEachAnswerCame()
    {
        await using var page = Page();
        await page.SendAsync("Tell me a story.", Stop);
        _runner.Say("Once upon");
        await SaidAsync(page, "Once upon");

        await _runner.Hosted.StopAsync(Stop);

        var kept = (await _store.ReadAsync(_conversation.Workspace, _conversation.Owner, _conversation.Id, Stop))[^1];
        Assert.Equal((MessageState.Stopped, "Once upon"), (kept.State, kept.Text));
    }

    [Fact]
    public async Task AnswerThatNobodyKeeps_EndsWithItsPage()
    {
        var page = new ChatState(_runner.Hosted, null, _conversation.Workspace, TimeProvider.System, NullLogger.Instance);
        await page.SendAsync("Tell me a story.", Stop);
        _runner.Say("Once upon");
        await SaidAsync(page, "Once upon");
        var answer = page.Thread[^1];

        await page.DisposeAsync();

        Assert.Equal((MessageState.Stopped, false), (answer.State, answer.IsLive));
    }

    private ConversationLog Log(WorkspaceId workspace, UserId owner) => new(_store, workspace, owner, null);

    private ChatState Page(ChatTurns? turns = null, Func<CancellationToken, Task<bool>>? stands = null) =>
        new(turns ?? _runner.Hosted, Log(_conversation.Workspace, _conversation.Owner), _conversation.Workspace, TimeProvider.System, NullLogger.Instance) { Stands = stands };

    private static async Task SaidAsync(ChatState page, string text)
    {
        var answer = page.Thread[^1];
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        answer.Changed += Look;
        Look();
        await said.Task.WaitAsync(Stop);
        answer.Changed -= Look;

        void Look()
        {
            if (answer.Text == text)
            {
                said.TrySetResult();
            }
        }
    }
}
