using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Features.Playground.Drafts;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>The playground's parts as markup.</summary>
public sealed class PlaygroundPartsTests : BunitContext
{
    private readonly ColumnRunner _runner = new();
    private readonly PlaygroundState _state;

    public PlaygroundPartsTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(new AnswerBeat(TimeProvider.System));
        Services.AddSingleton<IPassageStore>(new InMemoryKnowledge());
        JSInterop.Mode = JSRuntimeMode.Loose;
        _state = Playgrounds.Open(_runner.Hosted, new InMemoryConversations(), Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Member), models: new ManyModels("a", "b", "c"));
    }

    private static CancellationToken Stop => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public void Editor_DrawsAFieldOnce_AndAnewOnlyWhereItsTextChangedElsewhere()
    {
        _state.Draft.Write(_state.Draft.Messages[0].Key, "Be brief.");
        var editor = Render<PromptEditor>(parameters => parameters.Add(p => p.State, _state));
        Assert.Equal("Be brief.", editor.Find("textarea").GetAttribute("value"));

        _state.Draft.Type(_state.Draft.Messages[0].Key, 9, 8, 1, ", in {{language}}.");
        editor.WaitForAssertion(() => Assert.Contains("about 7 tokens", editor.Find("header .meta").TextContent, StringComparison.Ordinal));
        Assert.Equal("Be brief.", editor.Find("textarea").GetAttribute("value")); // the browser has the rest

        _state.Draft.Write(_state.Draft.Messages[0].Key, "Improved.");
        editor.WaitForAssertion(() => Assert.Equal("Improved.", editor.Find("textarea").GetAttribute("value")));
    }

    [Fact]
    public async Task Editor_AddsMovesAndRemovesMessages_AndChangesWhoSpeaks()
    {
        _state.Draft.Write(_state.Draft.Messages[0].Key, "Be brief.");
        var editor = Render<PromptEditor>(parameters => parameters.Add(p => p.State, _state));
        await editor.Find(".add").ClickAsync(new());
        editor.WaitForAssertion(() => Assert.Equal(2, editor.FindAll(".blk").Count));
        Assert.Equal([MessageRole.System, MessageRole.User], _state.Draft.Messages.Select(message => message.Role));

        await editor.FindAll(".blk .pop button")[3].ClickAsync(new()); // up, of the second
        Assert.Equal([MessageRole.User, MessageRole.System], _state.Draft.Messages.Select(message => message.Role));
        await editor.Find(".role").ChangeAsync(new ChangeEventArgs { Value = "Assistant" });
        Assert.Equal(MessageRole.Assistant, _state.Draft.Messages[0].Role);
        await editor.FindAll(".blk .pop button")[2].ClickAsync(new());
        Assert.Equal("Be brief.", Assert.Single(_state.Draft.Messages).Text);
    }

    [Fact]
    public async Task Variables_AreGivenAsTheirKindIs_AndASetBringsThemBack()
    {
        _state.Draft.Write(_state.Draft.Messages[0].Key, "In {{language}}, {{count}} words.");
        var fields = Render<VariableFields>(parameters => parameters.Add(p => p.State, _state));
        Assert.Equal(["language", "count"], fields.FindAll(".vr > .var").Select(name => name.TextContent));

        await fields.FindAll(".vr > .var")[0].ClickAsync(new());
        await fields.Find("[name=variable-kind]").ChangeAsync(new ChangeEventArgs { Value = "Choice" });
        await fields.Find("[name=variable-choices]").ChangeAsync(new ChangeEventArgs { Value = "en\nfr\n fr \n" });
        await fields.Find("[data-choice=language]").ChangeAsync(new ChangeEventArgs { Value = "fr" });
        Assert.Equal("fr", _state.Draft.Values["language"]);

        _state.Draft.Describe(new PromptVariable("count", PromptVariableKind.Number));
        _state.Draft.Give("count", "many");
        fields.WaitForAssertion(() => Assert.Equal("This is no number.", fields.Find(".field-error").TextContent));

        _state.Draft.Give("count", "40");
        await fields.Find("[data-keep]").ClickAsync(new());
        await fields.Find("[name=set-name]").InputAsync(new() { Value = "French, short" });
        await fields.Find("dialog form").SubmitAsync();
        _state.Draft.Give("count", "90");
        await fields.Find("[data-set]").ClickAsync(new());
        Assert.Equal("40", _state.Draft.Values["count"]);
        fields.WaitForAssertion(() => Assert.Equal("40", fields.Find("[data-variable=count]").GetAttribute("value")));
    }

    [Fact]
    public void Variable_ThatIsDrawnAnew_HasWhatWasTypedBefore()
    {
        _state.Draft.Write(_state.Draft.Messages[0].Key, "{{count}} words.");
        var fields = Render<VariableFields>(parameters => parameters.Add(p => p.State, _state));
        _state.Draft.Give("count", "forty");
        _state.Draft.Describe(new PromptVariable("count", PromptVariableKind.Number));
        fields.WaitForAssertion(() => Assert.Equal("forty", fields.Find("input[data-variable=count]").GetAttribute("value")));

        _state.Draft.Write(_state.Draft.Messages[0].Key, "Some words.");
        fields.WaitForAssertion(() => Assert.Empty(fields.FindAll("[data-variable]")));
        _state.Draft.Give("count", "40");
        _state.Draft.Write(_state.Draft.Messages[0].Key, "{{count}} words.");
        fields.WaitForAssertion(() => Assert.Equal("40", fields.Find("[data-variable=count]").GetAttribute("value")));
    }

    [Fact]
    public async Task Variable_WithoutAValue_IsLedTo_AndNoLongerMissedOnceItHasOne()
    {
        await OpenAsync(2);
        _state.Draft.Write(_state.Draft.Messages[0].Key, "In {{language}}, {{count}} words.");
        _state.Draft.Give("language", "French");
        var arena = Show();
        Assert.False(await arena.InvokeAsync(() => arena.Instance.SendFromFieldAsync("Which law?")));
        arena.WaitForAssertion(() => Assert.Equal("count", arena.Find(".composer [role=alert] [data-fill]").GetAttribute("data-fill")));

        _state.Draft.Give("count", "40");
        arena.WaitForAssertion(() => Assert.Empty(arena.FindAll("[role=alert]")));
    }

    [Fact]
    public async Task Blind_ShowsNoNameAndNoNumber_UntilAnAnswerIsPreferred()
    {
        await OpenAsync(2);
        _state.Blind(true);
        await AskAsync("Which law?");
        var arena = Show();
        Assert.Equal(["A", "B"], arena.FindAll(".mh .letter").Select(letter => letter.TextContent));
        Assert.Empty(arena.FindAll(".mh select, .numbers, .timing, [data-again]"));

        await arena.Find("[data-prefer=B]").ClickAsync(new());
        arena.WaitForAssertion(() => Assert.Equal(2, arena.FindAll(".numbers").Count));
        Assert.Equal(2, arena.FindAll(".prefer .chip").Count);
        var winner = _state.Columns[_state.OrderOf(_state.Turns[0])[1]].Name;
        Assert.Contains(winner, arena.Find(".prefer .chip.ok").TextContent, StringComparison.Ordinal);
        Assert.Equal($"{winner}1 of 1", arena.Find(".tally tr").TextContent.Trim());
    }

    [Fact]
    public async Task ColumnThatFails_SaysSoInItsCell_AndItsNeighbourIsWhole()
    {
        await OpenAsync(2);
        var arena = Show();
        await arena.Instance.SendFromFieldAsync("Which law?");
        _runner.Fail("b", ModelErrors.PromptTooLong(9_000, 2_048));
        _runner.Say("a", "New York.");
        _runner.End("a");
        await IdleAsync();

        arena.WaitForAssertion(() => Assert.Contains("New York.", arena.FindAll(".ans")[0].TextContent, StringComparison.Ordinal));
        Assert.Contains("9,000", arena.FindAll(".ans")[1].QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(2, arena.FindAll("[data-retry]").Count);
        Assert.Single(arena.FindAll("[data-send]"));

        await arena.FindAll(".ans")[1].QuerySelector("[role=alert] [data-try-again]")!.ClickAsync(new());
        _runner.Say("b", "Delaware.");
        _runner.End("b");
        await IdleAsync();
        arena.WaitForAssertion(() => Assert.Contains("Delaware.", arena.FindAll(".ans")[1].TextContent, StringComparison.Ordinal));
        Assert.Empty(arena.FindAll("[data-try-again]"));
    }

    [Fact]
    public async Task EachColumn_HasItsStop_AndOneStopsAll()
    {
        await OpenAsync(3);
        var arena = Show();
        await arena.Instance.SendFromFieldAsync("Which law?");
        arena.WaitForAssertion(() => Assert.Equal(3, arena.FindAll("[data-stop-one]").Count));
        await arena.Find("[data-stop-column='1']").ClickAsync(new());
        await _state.Columns[1].Chat.WhenIdleAsync();
        arena.WaitForAssertion(() => Assert.Equal(2, arena.FindAll("[data-stop-one]").Count));

        arena.Instance.StopFromField();
        await IdleAsync();
        arena.WaitForAssertion(() => Assert.Empty(arena.FindAll("[data-stop], [data-stop-one]")));
    }

    [Fact]
    public async Task LongConversation_IsDrawnFromItsEnd_AndGrowsUpwards()
    {
        await OpenAsync(1);
        for (var i = 0; i < 40; i++)
        {
            await AskAsync($"Question {i}?");
        }

        var arena = Show();
        Assert.Equal(16, arena.FindAll(".trn").Count);
        Assert.Equal("Question 39?", arena.FindAll(".turn p")[^1].TextContent);
        await arena.InvokeAsync(arena.Instance.EarlierAsync);
        Assert.Equal(28, arena.FindAll(".trn").Count);
        await arena.InvokeAsync(arena.Instance.EarlierAsync);
        Assert.Equal("Question 0?", arena.Find(".turn p").TextContent);
        Assert.Empty(arena.FindAll("[data-earlier]"));

        // What is asked next is drawn as well.
        await AskAsync("One more?");
        arena.WaitForAssertion(() => Assert.Equal(41, arena.FindAll(".trn").Count));
    }

    [Fact]
    public async Task Question_IsPutInOtherWords_WhereItStands()
    {
        await OpenAsync(2);
        await AskAsync("Which law?");
        var arena = Show();
        await arena.Find("[data-edit]").ClickAsync(new());
        await arena.Find("[name=edit]").ChangeAsync(new ChangeEventArgs { Value = "Which court?" });
        await arena.Find("form.turn").SubmitAsync();
        Finish();
        await IdleAsync();

        arena.WaitForAssertion(() => Assert.Equal("Which court?", Assert.Single(arena.FindAll(".turn p")).TextContent));
        Assert.Contains("2 / 2", arena.Find(".turn").TextContent, StringComparison.Ordinal);
        await arena.Find(".turn [aria-label='Previous question']").ClickAsync(new());
        arena.WaitForAssertion(() => Assert.Equal("Which law?", arena.Find(".turn p").TextContent));
    }

    private IRenderedComponent<Arena> Show() =>
        Render<Arena>(parameters => parameters.AddCascadingValue(Scopes.Owner).Add(p => p.State, _state).Add(p => p.Placeholder, "Ask").Add(p => p.Initials, "AO"));

    private async Task OpenAsync(int columns)
    {
        await _state.OpenAsync(null, Stop);
        await _state.ShowColumnsAsync(columns, Stop);
    }

    private async Task AskAsync(string question)
    {
        Assert.True(await _state.SendAsync(question, Stop));
        Finish();
        await IdleAsync();
    }

    private void Finish()
    {
        foreach (var column in _state.Columns)
        {
            _runner.Say(column.Chat.Setup.Model, "Said.");
            _runner.End(column.Chat.Setup.Model);
        }
    }

    private Task IdleAsync() => Task.WhenAll(_state.Columns.Select(column => column.Chat.WhenIdleAsync()));
}
