using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Chat;

public sealed class ChatPaneTests : BunitContext
{
    private readonly ScriptedRunner _runner = new();
    private readonly ChatState _chat;

    public ChatPaneTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(new AnswerBeat(TimeProvider.System));
        JSInterop.Mode = JSRuntimeMode.Loose;
        _chat = new ChatState(_runner.Hosted, null, WorkspaceId.New(), TimeProvider.System, NullLogger.Instance);
    }

    [Fact]
    public async Task Pane_ShowsQuestionAndAnswer_WhileTheAnswerIsStillWritten()
    {
        var pane = Show();
        Assert.True(await pane.Instance.SendFromFieldAsync("What is the capital of France?"));
        _runner.Say("The capital");

        pane.WaitForAssertion(() => Assert.Equal("0:<p>The capital</p>\n", pane.Find("[data-grows]").GetAttribute("data-grows")));
        Assert.Equal("What is the capital of France?", pane.Find(".turn p").TextContent);
        Assert.Single(pane.FindAll("[data-stop]"));
        Assert.Empty(pane.FindAll("[data-send]"));

        _runner.End();
        await _chat.WhenIdleAsync();
        pane.WaitForAssertion(() => Assert.Single(pane.FindAll("[data-send]")));
        Assert.Contains("44", pane.Find(".numbers").TextContent, StringComparison.Ordinal);
        Assert.Single(pane.FindAll(".timing"));
    }

    [Fact]
    public async Task Stop_KeepsWhatWasWritten_AndEndsTheTurn()
    {
        var pane = Show();
        await pane.Instance.SendFromFieldAsync("Tell me a story.");
        _runner.Say("Once upon");
        pane.WaitForAssertion(() => Assert.Contains("Once upon", pane.Markup, StringComparison.Ordinal));

        await pane.Find("[data-stop]").ClickAsync(new());
        await _chat.WhenIdleAsync();
        pane.WaitForAssertion(() => Assert.Contains("Stopped. What was written is kept.", pane.Markup, StringComparison.Ordinal));
        Assert.Contains("Once upon", pane.Find("article.ans").TextContent, StringComparison.Ordinal);
        Assert.Equal(["31 in", "7 out", "first token 25 ms", "100 tok/s"], pane.FindAll(".numbers > span").Select(number => number.TextContent.Trim()));
        Assert.Single(pane.FindAll(".timing"));
    }

    [Fact]
    public async Task AnAnswer_IsRated_AskedWhatWasWrong_AndTheRatingTakenBack()
    {
        var feedback = new RecordingFeedback();
        var conversation = new Conversation(
            ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        var log = new ConversationLog(new KeptConversation(conversation), conversation.Workspace, conversation.Owner, null, feedback);
        await using var chat = new ChatState(_runner.Hosted, log, conversation.Workspace, TimeProvider.System, NullLogger.Instance);
        var pane = Show(chat);
        await pane.Instance.SendFromFieldAsync("What rose?");
        _runner.Say("Revenue rose.");
        _runner.End();
        await chat.WhenIdleAsync();
        pane.WaitForAssertion(() => Assert.Single(pane.FindAll("[data-rate=bad]")));

        await pane.Find("[data-rate=bad]").ClickAsync(new());
        var answer = chat.Thread[^1].Id;
        Assert.Equal(new AnswerFeedback(FeedbackKind.Bad), feedback.Kept[answer]);
        await pane.Find("dialog textarea").InputAsync(new() { Value = " Wrong year. " });
        await pane.Find("dialog form").SubmitAsync();
        Assert.Equal(new AnswerFeedback(FeedbackKind.Bad, "Wrong year."), feedback.Kept[answer]);
        pane.WaitForAssertion(() => Assert.Equal("true", pane.Find("[data-rate=bad]").GetAttribute("aria-pressed")));

        await pane.Find("[data-rate=bad]").ClickAsync(new());
        Assert.Null(feedback.Kept[answer]);
    }

    [Fact]
    public async Task Escape_StopsBeforeTheFirstWord()
    {
        var pane = Show();
        await pane.Instance.SendFromFieldAsync("Tell me a story.");
        pane.Instance.StopFromField();
        await _chat.WhenIdleAsync();

        pane.WaitForAssertion(() => Assert.Contains("Stopped before the first word.", pane.Markup, StringComparison.Ordinal));
        Assert.Empty(pane.FindAll(".numbers, .timing"));
    }

    [Theory]
    [InlineData("  \n ", "There is nothing to send: the message is empty.")]
    [InlineData(null, "This message is longer than 200,000 characters, which is more than a page can send.")]
    public async Task Pane_SaysWhyAMessageIsNotSent_UntilSomethingElseIsTyped(string? text, string says)
    {
        var pane = Show();
        Assert.False(await pane.Instance.SendFromFieldAsync(text ?? new string('a', ChatState.MaxCharacters + 1)));

        pane.WaitForAssertion(() => Assert.Contains(says, pane.Find(".composer [role=alert]").TextContent, StringComparison.Ordinal));
        Assert.Empty(_runner.Turns);
        pane.Instance.ForgetError();
        pane.WaitForAssertion(() => Assert.Empty(pane.FindAll("[role=alert]")));
    }

    [Fact]
    public async Task Regenerate_KeepsTheFirstAnswerAsASibling()
    {
        var pane = Show();
        await AnswerAsync(pane, "Question?", "First.");
        _runner.Say("Second.");
        await pane.Find("button[aria-label=Regenerate]").ClickAsync(new());
        _runner.End();
        await _chat.WhenIdleAsync();

        pane.WaitForAssertion(() => Assert.Contains("2 / 2", pane.Markup, StringComparison.Ordinal));
        Assert.Contains("Second.", pane.Find("article.ans").TextContent, StringComparison.Ordinal);
        await pane.Find("[data-sibling='-1']").ClickAsync(new());
        pane.WaitForAssertion(() => Assert.Contains("First.", pane.Find("article.ans").TextContent, StringComparison.Ordinal));
        Assert.Contains("1 / 2", pane.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FollowUp_IsAskedWithWhatWasSaidBefore_AndTheSettingsOfNow()
    {
        var pane = Show();
        await AnswerAsync(pane, "One?", "First.");
        _chat.Setup = _chat.Setup with { Instructions = "Be brief.", Settings = new GenerationSettings(0.2f, 0.9f, 64, 42) };
        await AnswerAsync(pane, "Two?", "Second.");

        var turn = _runner.Turns[1];
        Assert.Equal([(MessageRole.User, "One?"), (MessageRole.Assistant, "First."), (MessageRole.User, "Two?")], turn.Messages.Select(message => (message.Role, message.Text)));
        Assert.Equal("Be brief.", turn.Instructions);
        Assert.Equal(new GenerationSettings(0.2f, 0.9f, 64, 42), turn.Settings);
    }

    [Fact]
    public async Task Pane_SaysThatTheAnswerWasCut_WhenItReachedItsLimit()
    {
        var pane = Show();
        await pane.Instance.SendFromFieldAsync("Long?");
        _runner.Say("So long");
        _runner.End("length");
        await _chat.WhenIdleAsync();

        pane.WaitForAssertion(() => Assert.Contains("reached its token limit", pane.Markup, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pane_ShowsAQuestionAsTheTextThatItIs()
    {
        var pane = Show();
        await AnswerAsync(pane, "<img src=x onerror=alert(1)> **not bold**", "Well.");

        Assert.Empty(pane.FindAll("img, strong"));
        Assert.Equal("<img src=x onerror=alert(1)> **not bold**", pane.Find(".turn p").TextContent);
    }

    private async Task AnswerAsync(IRenderedComponent<ChatPane> pane, string question, string answer)
    {
        _runner.Say(answer);
        Assert.True(await pane.Instance.SendFromFieldAsync(question));
        _runner.End();
        await _chat.WhenIdleAsync();
        pane.WaitForState(() => !_chat.IsBusy);
    }

    private IRenderedComponent<ChatPane> Show(ChatState? chat = null) =>
        Render<ChatPane>(parameters => parameters.Add(p => p.Chat, chat ?? _chat).Add(p => p.Placeholder, "Write").Add(p => p.Numbers, true).Add(p => p.Initials, "AO"));
}
