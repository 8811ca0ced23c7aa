using System.Text.Json;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat.ToolCalls;

namespace MistralStudio.Web.Tests.Chat.ToolCalls;

public sealed class ToolCallCardTests : BunitContext
{
    private static readonly PromptTool s_read = Tool(new PromptToolSource(Mcp: new PromptMcpTool("files", "read_file")));
    private static readonly ToolUse s_asked = new() { Id = "c1", Tool = "read_file", Arguments = """{"path":"a.txt"}""", Round = 1, At = 0, State = ToolUseState.Asked };

    private readonly ToolAllowance _allowance = new(_ => true);

    public ToolCallCardTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task ACallThatWaits_IsRun_AsItStands()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        Assert.Equal("Waits for you", card.Find("header [role=status]").TextContent);
        Assert.Contains("a.txt", card.Find("pre.code").TextContent, StringComparison.Ordinal);

        await card.Find("[data-run]").ClickAsync(new());
        Assert.Null(Assert.IsType<ToolDecision.Run>(await decided).Arguments);
        Assert.False(_allowance.Allows(s_read));
        card.WaitForAssertion(() => Assert.Empty(card.FindAll("[data-run]")));
    }

    [Fact]
    public async Task EditedArguments_AreHeldToTheSchema_BeforeTheyAreUsed()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        await card.Find("[data-edit]").ClickAsync(new());

        await card.Find("textarea").ChangeAsync("""{"path":5}""");
        await card.Find("[data-run]").ClickAsync(new());
        Assert.Contains("/path", card.Find(".field-error").TextContent, StringComparison.Ordinal);
        await card.Find("textarea").ChangeAsync("{\n\"path\":");
        await card.Find("[data-run]").ClickAsync(new());
        Assert.StartsWith("Line 2 is no JSON", card.Find(".field-error").TextContent, StringComparison.Ordinal);
        Assert.False(decided.IsCompleted);

        await card.Find("textarea").ChangeAsync("""{"path":"b.txt"}""");
        await card.Find("[data-run]").ClickAsync(new());
        Assert.Equal("b.txt", Assert.IsType<ToolDecision.Run>(await decided).Arguments!.Value.GetProperty("path").GetString());
    }

    [Fact]
    public async Task AResultByHand_IsGiven()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        await card.Find("[data-by-hand]").ClickAsync(new());
        await card.Find("textarea").ChangeAsync("forty-two");
        await card.Find("[data-give]").ClickAsync(new());
        Assert.Equal("forty-two", Assert.IsType<ToolDecision.Give>(await decided).Result);
    }

    [Fact]
    public async Task ARefusal_TakesItsReasonAlong()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        await card.Find("[data-refuse]").ClickAsync(new());
        await card.Find("input").ChangeAsync("Not that file.");
        await card.Find("[data-refuse]").ClickAsync(new());
        Assert.Equal("Not that file.", Assert.IsType<ToolDecision.Refuse>(await decided).Note);
    }

    [Fact]
    public async Task ATool_ThatIsAllowed_IsNotAskedAboutAgain_UntilStepsAreWanted()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        card.Find("[name=allow]").Change(true);
        await card.Find("[data-run]").ClickAsync(new());
        await decided;

        Assert.IsType<ToolDecision.Run>(await new ToolDesk(_allowance).DecideAsync(s_read, s_asked, Token));
        _allowance.StepByStep = true;
        var (again, waiting) = Wait(s_read);
        Assert.NotNull(again.Waiting("c1"));
        Assert.True(again.Decide("c1", new ToolDecision.Refuse()));
        await waiting;
        _allowance.StepByStep = false;
        _allowance.Forget(s_read);
        Assert.False(_allowance.Allows(s_read));
    }

    [Fact]
    public async Task AToolThatDoesNothing_IsCalledWithoutAsking_AndOneOfAPersonAlwaysAsks()
    {
        Assert.IsType<ToolDecision.Run>(await new ToolDesk(_allowance).DecideAsync(Tool(new PromptToolSource(Mock: "12")), s_asked, Token));
        var (desk, decided) = Wait(Tool(null));
        var card = Show(s_asked, desk);
        Assert.Empty(card.FindAll("[data-run]"));
        Assert.True(desk.Decide("c1", new ToolDecision.Give("by me")));
        await decided;
    }

    [Fact]
    public async Task APersonWithoutTheRight_HasNoServersToolCalled_EvenOneThatWasAllowed()
    {
        _allowance.Allow(s_read);
        var may = false;
        var allowance = new ToolAllowance(_ => may);
        allowance.Allow(s_read);
        Assert.IsType<ToolDecision.Refuse>(await new ToolDesk(allowance).DecideAsync(s_read, s_asked, Token));
        may = true;
        Assert.IsType<ToolDecision.Run>(await new ToolDesk(allowance).DecideAsync(s_read, s_asked, Token));
    }

    [Fact]
    public async Task ACall_ThatWasDecidedElsewhere_SaysSo()
    {
        var (desk, decided) = Wait(s_read);
        var card = Show(s_asked, desk);
        Assert.True(desk.Decide("c1", new ToolDecision.Run()));
        Assert.False(desk.Decide("c1", new ToolDecision.Refuse()));
        await decided;
        card.WaitForAssertion(() => Assert.Empty(card.FindAll("[data-refuse]")));
    }

    [Fact]
    public async Task AStoppedTurn_WaitsForNobody()
    {
        using var stop = new CancellationTokenSource();
        var desk = new ToolDesk(_allowance);
        var waiting = desk.DecideAsync(s_read, s_asked, stop.Token).AsTask();
        Assert.NotNull(desk.Waiting("c1"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Null(desk.Waiting("c1"));
    }

    [Theory]
    [InlineData(ToolUseState.Asked, false, "Not made")]
    [InlineData(ToolUseState.Running, false, "Not known how it ended")]
    [InlineData(ToolUseState.Running, true, "Running")]
    [InlineData(ToolUseState.Answered, false, "Answered in 60.0 s")]
    [InlineData(ToolUseState.TimedOut, false, "No answer after 60.0 s")]
    [InlineData(ToolUseState.Refused, false, "Refused")]
    [InlineData(ToolUseState.Failed, false, "Failed")]
    public void EachState_HasItsWord(ToolUseState state, bool isLive, string word)
    {
        var card = Show(s_asked with { State = state, Ms = 60_000 }, null, isLive);
        Assert.Equal(word, card.Find("header [role=status]").TextContent);
        Assert.Empty(card.FindAll("button"));
    }

    [Fact]
    public void WhatCameOfIt_IsShown_AsTextAndNothingElse()
    {
        var use = s_asked with
        {
            State = ToolUseState.Failed,
            Wanted = """{"path":"x"}""",
            Result = "<script>alert(1)</script>",
            Note = "n",
            Error = new Error("agent.tool_timeout", "The tool did not answer.", "Go on."),
        };
        var card = Show(use, null);
        Assert.Empty(card.FindAll("script"));
        Assert.Contains("<script>alert(1)</script>", card.Find("details[open] pre").TextContent, StringComparison.Ordinal);
        Assert.Contains("What the model wrote", card.Markup, StringComparison.Ordinal);
        Assert.Contains("The tool did not answer. Go on.", card.Find(".why").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunThatItMade_IsLinked_ForThoseWhoMaySeeRuns()
    {
        var use = s_asked with { State = ToolUseState.Failed, Run = RunId.New() };
        Assert.Empty(Show(use, null).FindAll("[data-run-link]"));
        var card = Render<ToolCallCard>(set => set.AddCascadingValue(Scopes.Owner).Add(one => one.Use, use));
        Assert.Equal($"/w/contracts/runs/{use.Run}", card.Find("[data-run-link]").GetAttribute("href"));
        Assert.Empty(Render<ToolCallCard>(set => set.AddCascadingValue(Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Viewer)).Add(one => one.Use, use)).FindAll("[data-run-link]"));
    }

    private static PromptTool Tool(PromptToolSource? source) =>
        new("read_file", "Reads.", JsonElement.Parse("""{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"""), source);

    private (ToolDesk Desk, Task<ToolDecision> Decided) Wait(PromptTool tool)
    {
        var desk = new ToolDesk(_allowance);
        return (desk, desk.DecideAsync(tool, s_asked, Token).AsTask());
    }

    private IRenderedComponent<ToolCallCard> Show(ToolUse use, ToolDesk? desk, bool isLive = true) =>
        Render<ToolCallCard>(set => set.Add(card => card.Use, use).Add(card => card.Desk, desk).Add(card => card.IsLive, isLive && (desk is not null || use.State == ToolUseState.Running)));
}
