using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Chat;

public sealed class MessageViewTests : BunitContext
{
    private readonly InMemoryKnowledge _knowledge = new();

    public MessageViewTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(new AnswerBeat(TimeProvider.System));
        Services.AddSingleton<IPassageStore>(_knowledge);
    }

    [Fact]
    public void View_SaysThatThePromptIsRead_BeforeTheFirstWord()
    {
        var view = Show(Live(AnswerPhase.Reading));

        Assert.Equal("Reading", view.Find("[role=status]").TextContent.Trim());
        Assert.Single(view.FindAll(".live-edge"));
        Assert.Single(view.FindAll(".caret"));
    }

    [Fact]
    public void View_GrowsWithItsEntry_AndOnlyWhenToldThatItChanged()
    {
        var entry = Live(AnswerPhase.Writing);
        var view = Show(entry);
        entry.Append("Hello **wor");
        Assert.DoesNotContain("Hello", view.Markup, StringComparison.Ordinal);

        entry.Notify();
        view.WaitForAssertion(() => Assert.Equal("0:<p>Hello **wor</p>\n", view.Find(".md").GetAttribute("data-grows")));
        entry.Append("k");
        entry.Notify();
        view.WaitForAssertion(() => Assert.Equal("14:k</p>\n", view.Find(".md").GetAttribute("data-grows")));
        entry.Append("s**\n\nNext");
        entry.Notify();
        view.WaitForAssertion(() =>
        {
            Assert.Equal("works", view.Find(".md strong").TextContent);
            Assert.Equal(2, view.FindAll(".md").Count);
        });
        Assert.NotNull(view.Find(".read.live"));
    }

    [Fact]
    public void View_ShowsNumbersAndNothingLive_OnceTheAnswerIsWhole()
    {
        var view = Show(Ended("Paris.") with { Usage = new TokenUsage(37, 8), Timings = new TurnTimings(0, 0, 20, 60, 25, 80, 120) });

        Assert.Contains("37", view.Find(".numbers").TextContent, StringComparison.Ordinal);
        Assert.Empty(view.FindAll(".live-edge, .caret, .live, [role=status]"));
    }

    [Theory]
    [InlineData("Half a", "Stopped. What was written is kept.")]
    [InlineData("", "Stopped before the first word.")]
    public void View_SaysWhatIsLeft_WhenTheAnswerWasStopped(string text, string says) =>
        Assert.Contains(says, Show(Ended(text) with { State = MessageState.Stopped }).Markup, StringComparison.Ordinal);

    [Fact]
    public void View_SaysWhatHappenedAndTheNextStep_BesideWhatWasWritten()
    {
        var error = ModelErrors.PromptTooLong(20_030, 2_048);
        var view = Show(Ended("Begun") with { State = MessageState.Failed, Error = error });

        var alert = view.Find("[role=alert]").TextContent;
        Assert.Contains(error.Message, alert, StringComparison.Ordinal);
        Assert.Contains(error.Next, alert, StringComparison.Ordinal);
        Assert.Contains(error.Code, alert, StringComparison.Ordinal);
        Assert.Contains("Begun", view.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void View_ListsEachSourceOnce_WithItsPage()
    {
        var first = Citation(1, "10-K.pdf", 12, end: 5);
        var view = Show(Ended("One. Two. Three.") with { Citations = [first, first with { AnswerEnd = 9 }, Citation(2, "8-K.pdf", 3, end: 16)] });

        Assert.Equal(2, view.FindAll(".srcs > button").Count);
        Assert.Contains("p. 12", view.Find(".srcs > button").TextContent, StringComparison.Ordinal);
        Assert.Equal(["1", "1", "2"], view.FindAll(".md button.cite").Select(mark => mark.TextContent));
        Assert.Contains("3 of 3", view.Find(".verified").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void View_WarnsOfAnAnswerWithoutEvidence_WhenPassagesWereGiven()
    {
        var given = new GivenPassage(new PassageId(Guid.NewGuid()), DocumentId.New(), KnowledgeBaseId.New(), "a.pdf", null, 1, 0.5);
        var entry = new ChatEntry(Ended("Made up.") with { Given = [given] });

        Assert.Contains("could be tied to a passage", Show(entry).Markup, StringComparison.Ordinal);
        Assert.Contains("p. 1 · 0.50", Show(entry).Find(".given li").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/w/contracts/knowledge/{given.Base}/documents/{given.DocumentId}?passage={given.PassageId}", Show(entry).Find(".given a").GetAttribute("href"));
        Assert.Contains(
            "p. 1 · read with the text around it · 0.50",
            Show(new ChatEntry(Ended("Made up.") with { Given = [given with { ReadStart = 0, ReadEnd = 90 }] })).Find(".given li").TextContent, StringComparison.Ordinal);
        var reader = Render<MessageView>(parameters => parameters.Add(v => v.Entry, entry));
        Assert.Empty(reader.FindAll(".given"));
    }

    [Fact]
    public void View_StillWarnsAfterAReload_WhereKnowledgeWasSearched() =>
        Assert.NotNull(Show(Ended("Made up.") with { Timings = new(RetrievalMs: 4, 0, 0, 0, 0, 4, 0) }).Find(".verified.none"));

    [Fact]
    public void View_StaysMarkupOfOurs_WhateverTheModelWrites()
    {
        var view = Show(Ended("<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n[go](javascript:alert(1))"));

        Assert.Empty(view.FindAll("script, img, [onerror], a[href]"));
    }

    private static ChatEntry Live(AnswerPhase phase) =>
        new(MessageId.New(), MessageId.New(), MessageRole.Assistant, DateTimeOffset.UnixEpoch) { Phase = phase };

    private static Message Ended(string text) => new()
    {
        Id = MessageId.New(), Conversation = ConversationId.New(), Parent = MessageId.New(), Role = MessageRole.Assistant, Text = text, CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private static Citation Citation(int marker, string document, int page, int end) =>
        new(marker, new PassageId(Guid.NewGuid()), DocumentId.New(), KnowledgeBaseId.New(), document, page, 0, 5, "quote", true, 0, end);

    private IRenderedComponent<MessageView> Show(Message message) => Show(new ChatEntry(message));

    private IRenderedComponent<MessageView> Show(ChatEntry entry) =>
        Render<MessageView>(parameters => parameters.AddCascadingValue(Scopes.Owner).Add(v => v.Entry, entry).Add(v => v.Numbers, true).Add(v => v.ListSources, true));
}
