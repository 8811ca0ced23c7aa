using System.Text.Json;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Schemas;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Chat.ToolCalls;

namespace MistralStudio.Web.Tests.Chat;

/// <summary>Answers with calls of tools, a form and what the model was unsure of: kept while they are made, and shown in their places.</summary>
public sealed class ToolTurnsTests : BunitContext
{
    private static readonly PromptTool s_tool = new("get_weather", "Weather.", JsonElement.Parse("""{"type":"object"}"""), new PromptToolSource(Mcp: new PromptMcpTool("sky", "weather")));
    private static readonly ToolUse s_use = new() { Id = "c1", Tool = "get_weather", Arguments = """{"place":"Paris"}""", Round = 1, At = 12, State = ToolUseState.Asked };

    private readonly ScriptedRunner _runner = new();
    private readonly Conversation _conversation = new(
        ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
    private readonly KeptConversation _store;

    public ToolTurnsTests()
    {
        _store = new KeptConversation(_conversation);
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(new AnswerBeat(TimeProvider.System));
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    private static CancellationToken Stop => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task ACall_IsKeptBeforeItIsShown_AndThePageThatReturnsDecidesAboutIt()
    {
        var first = Page();
        await first.SendAsync("Weather?", Stop);
        var desk = first.Thread[^1].Desk!;
        var shown = new TaskCompletionSource();
        first.Thread[^1].Changed += () => { if (first.Thread[^1].Tools.Count > 0) { shown.TrySetResult(); } };
        _runner.Say("Let me look.");
        _runner.Happen(new AgentEvent.Tool(s_use));
        await shown.Task.WaitAsync(Stop);
        var kept = (await ReadAsync())[^1];
        Assert.Equal((MessageState.Stopped, s_use), (kept.State, Assert.Single(kept.Tools)));
        var decided = desk.DecideAsync(s_tool, s_use, Stop).AsTask();
        await first.DisposeAsync();

        await using var second = Page();
        await second.LoadAsync(_conversation.Id, Stop);
        Assert.Equal(2, second.Thread.Count);
        Assert.True(second.Thread[^1].IsLive);
        Assert.True(second.Thread[^1].Desk!.Decide("c1", new ToolDecision.Run()));
        await decided;
        _runner.Happen(new AgentEvent.Tool(s_use with { State = ToolUseState.Answered, Result = "rain" }));
        _runner.Say("\n\nIt rains.");
        _runner.End();
        await second.WhenIdleAsync();

        Assert.Same(desk, Assert.Single(_runner.Turns).Desk);
        kept = (await ReadAsync())[^1];
        Assert.Equal((MessageState.Complete, "rain", 2), (kept.State, Assert.Single(kept.Tools).Result, (await ReadAsync()).Count));

        await second.SendAsync("Sure?", Stop);
        _runner.End();
        await second.WhenIdleAsync();
        Assert.Equal("rain", Assert.Single(_runner.Turns[1].Messages[1].Tools).Result);
    }

    [Fact]
    public async Task ACall_ThatAProcessDiedIn_IsNotMadeAgain_AndSaysThatNobodyKnowsHowItEnded()
    {
        var died = Page();
        await died.SendAsync("Weather?", Stop);
        _runner.Say("Let me look.");
        _runner.Happen(new AgentEvent.Tool(s_use));
        _runner.Happen(new AgentEvent.Tool(s_use with { State = ToolUseState.Running }));
        while ((await ReadAsync())[^1].Tools is not [{ State: ToolUseState.Running }])
        {
            await Task.Yield();
        }

        // A process that begins anew has the store and nothing else.
        var after = new ScriptedRunner();
        await using var page = Page(after);
        await page.LoadAsync(_conversation.Id, Stop);
        Assert.Equal((2, false, false), (page.Thread.Count, page.IsBusy, page.IsInterrupted));
        var call = Show((await ReadAsync())[^1]).Find(".call");
        Assert.Equal("Not known how it ended", call.QuerySelector("[role=status]")!.TextContent);
        Assert.Empty(call.QuerySelectorAll("button"));
        Assert.Empty(after.Turns);

        // What is asked next does not make it again either: the model is shown it as it stands.
        await page.SendAsync("Well?", Stop);
        after.End();
        await page.WhenIdleAsync();
        Assert.Equal(ToolUseState.Running, Assert.Single(Assert.Single(after.Turns).Messages[1].Tools).State);
        _runner.End();
        await died.WhenIdleAsync();
    }

    [Fact]
    public async Task WhatAToolReadOfABase_IsHeardInEveryQuestionAfterIt()
    {
        var heard = KnowledgeBaseId.New();
        await using var chat = Page();
        await chat.SendAsync("Weather?", Stop);
        _runner.Happen(new AgentEvent.Tool(s_use with { State = ToolUseState.Answered, Result = "rain", Heard = [heard] }));
        _runner.Say("It rains.");
        _runner.End();
        await chat.WhenIdleAsync();

        var later = new ScriptedRunner();
        await using var page = Page(later);
        await page.LoadAsync(_conversation.Id, Stop);
        await page.SendAsync("Sure?", Stop);
        later.End();
        await page.WhenIdleAsync();
        Assert.Equal([heard], Assert.Single(later.Turns).Heard);
    }

    [Fact]
    public async Task WhatAModelWasUnsureOf_AndItsCheck_AreKept()
    {
        await using var chat = Page();
        chat.Setup = chat.Setup with { Tools = [], Answer = new PromptSchema("Weather", JsonElement.Parse("{}")), Alternatives = 5 };
        await chat.SendAsync("Weather?", Stop);
        _runner.Say("{}");
        _runner.Happen(new AgentEvent.Confidence([new TokenLogprob(1, "{}", "{}"u8.ToArray(), -0.5f, [])]));
        _runner.Happen(new AgentEvent.Checked(new AnswerCheck("Weather", [new SchemaViolation("/a", "/required", "It is missing.")])));
        _runner.End();
        await chat.WhenIdleAsync();

        Assert.Equal(("Weather", 5), (_runner.Turns[0].Answer!.Name, _runner.Turns[0].Alternatives));
        var kept = (await ReadAsync())[^1];
        Assert.Equal("/a", Assert.Single(kept.Check!.Violations).Path);
        Assert.Equal("{}", Assert.Single(kept.Confidence).Text);
    }

    [Fact]
    public void View_ShowsCallsBetweenTheWordsThatTheyStandBetween()
    {
        var view = Show(Ended("Let me look.\n\nIt rains.") with { Tools = [s_use with { State = ToolUseState.Answered, Result = "rain" }] });
        Assert.Equal(["md", "call ", "md"], view.FindAll(".read > *").Select(part => part.ClassName));
        Assert.Equal("It rains.", view.FindAll(".md")[1].TextContent.Trim());
    }

    [Fact]
    public void View_ShowsACallBeforeTheFirstWord_AndAfterTheLast()
    {
        Assert.Equal(["call ", "md"], Show(Ended("It rains.") with { Tools = [s_use with { At = 0, State = ToolUseState.Answered }] }).FindAll(".read > *").Select(part => part.ClassName));
        Assert.Equal(["md", "call "], Show(Ended("Let me look.") with { State = MessageState.Stopped, Tools = [s_use] }).FindAll(".read > *").Select(part => part.ClassName));
        Assert.Single(Show(Ended("") with { State = MessageState.Stopped, Tools = [s_use with { At = 0 }] }).FindAll(".call"));
    }

    [Fact]
    public void View_ShowsTheJsonOfAForm_InLines_WithWhatIsWrong()
    {
        var check = new AnswerCheck("Weather", [new SchemaViolation("/sky", "/properties/sky/type", "It should be a string.")]);
        var view = Show(Ended("""Let me look.{"sky":5,"text":"```"}""") with { Check = check, Tools = [s_use with { State = ToolUseState.Answered }] });
        Assert.Equal("{\n  \"sky\": 5,\n  \"text\": \"```\"\n}", view.Find(".md code").TextContent.Trim());
        Assert.Equal("/sky", view.Find(".schema-bad code").TextContent);
    }

    [Fact]
    public async Task View_ShadesWhatTheModelWasUnsureOf_WhenAskedTo()
    {
        var view = Show(Ended("It rains.") with { Confidence = [new TokenConfidence("It", .9f, []), new TokenConfidence(" rains.", .3f, [])] });
        Assert.Empty(view.FindAll(".sure"));
        await view.Find("[data-shade]").ClickAsync(new());
        Assert.Equal("It rains.", view.Find(".sure > p").TextContent);
        Assert.Equal("true", view.Find("[data-shade]").GetAttribute("aria-pressed"));
        await view.Find("[data-shade]").ClickAsync(new());
        Assert.Empty(view.FindAll(".sure"));
    }

    private static Message Ended(string text) => new()
    {
        Id = MessageId.New(), Conversation = ConversationId.New(), Parent = MessageId.New(), Role = MessageRole.Assistant, Text = text, CreatedAt = DateTimeOffset.UnixEpoch,
    };

    private IRenderedComponent<MessageView> Show(Message message) =>
        Render<MessageView>(set => set.AddCascadingValue(Scopes.Owner).Add(view => view.Entry, new ChatEntry(message)));

    private Task<IReadOnlyList<Message>> ReadAsync() => _store.ReadAsync(_conversation.Workspace, _conversation.Owner, _conversation.Id, Stop);

    private ChatState Page(ScriptedRunner? runner = null) => new((runner ?? _runner).Hosted, new ConversationLog(_store, _conversation.Workspace, _conversation.Owner, null), _conversation.Workspace, TimeProvider.System, NullLogger.Instance)
    {
        Setup = ChatSetup.Default with { Tools = [s_tool], Allowance = new ToolAllowance(_ => true) },
    };
}
