using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Features.Prompts.Code;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>One to four models that are asked the same.</summary>
public sealed class PlaygroundColumnsTests
{
    private readonly ColumnRunner _runner = new();
    private readonly InMemoryConversations _store = new();
    private readonly WorkspaceScope _scope = Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Member);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryColumn_IsAskedTheSame_AndAnswersByItself()
    {
        await using var state = await OpenAsync(columns: 3);
        state.Draft.Write(state.Draft.Messages[0].Key, "Be brief.");

        Assert.True(await state.SendAsync("Which law governs it?", Stop));
        _runner.Say("b", "New York.");
        _runner.End("b");
        await state.Columns[1].Chat.WhenIdleAsync();

        Assert.Equal([true, false, true], state.Columns.Select(column => column.Chat.IsBusy));
        Finish("a", "c");
        await IdleAsync(state);
        var turn = Assert.Single(state.Turns);
        Assert.Equal(["a said", "New York.", "c said"], turn.Cells.Select(cell => cell.Answer!.Text));
        Assert.All(_runner.Turns, asked => Assert.Equal(("Be brief.", "Which law governs it?"), (asked.Instructions, asked.Messages[^1].Text)));
        Assert.Equal(["a", "b", "c"], _store.All.Select(conversation => conversation.Model));
        Assert.All(_store.All.Skip(1), beside => Assert.Equal(_store.All[0].Id, beside.Beside));
    }

    [Fact]
    public async Task ColumnThatFails_SaysSo_AndStopsNoOther_AndIsTriedAgainAlone()
    {
        await using var state = await OpenAsync(columns: 4);
        await state.SendAsync("Question?", Stop);
        _runner.Fail("c", ModelErrors.PromptTooLong(9_000, 2_048));
        Finish("a", "b", "d");
        await IdleAsync(state);

        var turn = Assert.Single(state.Turns);
        Assert.Equal([MessageState.Complete, MessageState.Complete, MessageState.Failed, MessageState.Complete], turn.Cells.Select(cell => cell.Answer!.State));
        Assert.Equal(ModelErrors.PromptTooLong(9_000, 2_048), turn.Cells[2].Answer!.Error);

        var again = state.RegenerateAsync(state.Columns[2], Stop);
        Finish("c");
        await again;
        await IdleAsync(state);
        Assert.Equal((2, 2), state.Columns[2].Chat.PlaceOf(state.Turns[0].Cells[2].Answer!));
        Assert.Equal((1, 1), state.Columns[0].Chat.PlaceOf(state.Turns[0].Cells[0].Answer!));
        Assert.Equal("c said", state.Turns[0].Cells[2].Answer!.Text);
    }

    [Fact]
    public async Task Stop_EndsOneColumn_OrAllOfThem()
    {
        await using var state = await OpenAsync(columns: 3);
        await state.SendAsync("Question?", Stop);
        state.Columns[1].Chat.Stop();
        await state.Columns[1].Chat.WhenIdleAsync();
        Assert.Equal([true, false, true], state.Columns.Select(column => column.Chat.IsBusy));

        state.StopAll();
        await IdleAsync(state);
        Assert.All(state.Turns[0].Cells, cell => Assert.Equal(MessageState.Stopped, cell.Answer!.State));
    }

    [Fact]
    public async Task EditedQuestion_BranchesEveryColumn_AndTheBranchBeforeIsStillThere()
    {
        await using var state = await OpenAsync(columns: 2);
        await AskAsync(state, "First?");
        await AskAsync(state, "Second?");

        Assert.True(await state.EditAsync(state.Turns[0], "First, in other words?", Stop));
        Finish("a", "b");
        await IdleAsync(state);
        Assert.Equal("First, in other words?", Assert.Single(state.Turns).Question.Text);
        Assert.All(state.Columns, column => Assert.Equal("First, in other words?", column.Chat.Thread[0].Text));

        await state.ShowAsync(state.Turns[0], -1, Stop);
        Assert.Equal(["First?", "Second?"], state.Turns.Select(turn => turn.Question.Text));
        Assert.All(state.Columns, column => Assert.Equal(4, column.Chat.Thread.Count));
    }

    [Fact]
    public async Task AnEarlierAnswer_IsMadeAgainInEveryColumn_AndWhatFollowedStaysBeside()
    {
        await using var state = await OpenAsync(columns: 2);
        await AskAsync(state, "First?");
        await AskAsync(state, "Second?");

        var again = state.RegenerateAsync(state.Turns[0], Stop);
        Finish("a", "b");
        await again;
        await IdleAsync(state);
        var turn = Assert.Single(state.Turns);
        Assert.All(turn.Cells.Zip(state.Columns), pair => Assert.Equal((2, 2), pair.Second.Chat.PlaceOf(pair.First.Answer!)));

        // From there it goes on in line; the branch before is one step back, in both columns.
        await AskAsync(state, "Third?");
        Assert.Equal(["First?", "Third?"], state.Turns.Select(shown => shown.Question.Text));
        await state.ShowAnswerAsync(state.Turns[0], state.Columns[0], -1, Stop);
        Assert.All(state.Columns, column => Assert.Equal(["First?", "Second?"], column.Chat.Thread.Where(entry => entry.Role == MessageRole.User).Select(entry => entry.Text)));
    }

    [Fact]
    public async Task ColumnThatGoesOnFurtherThanTheFirst_IsAskedWhereTheFirstIs()
    {
        await using var state = await OpenAsync(columns: 2);
        await AskAsync(state, "First?");
        await AskAsync(state, "Second?");
        var again = state.RegenerateAsync(state.Columns[0], Stop, question: state.Turns[0].Question);
        Finish("a");
        await again;
        await IdleAsync(state);

        await AskAsync(state, "Third?");
        Assert.All(state.Columns, column => Assert.Equal(["First?", "Third?"], column.Chat.Thread.Where(entry => entry.Role == MessageRole.User).Select(entry => entry.Text)));
    }

    [Fact]
    public async Task ColumnThatComesLater_BeginsWithWhatTheFirstHasSaid()
    {
        await using var state = await OpenAsync(columns: 1);
        await AskAsync(state, "First?");
        await state.ShowColumnsAsync(2, Stop);

        Assert.Equal("a said", state.Turns[0].Cells[1].Answer!.Text);
        Assert.Equal("a", state.Turns[0].Cells[1].Answer!.Model);
        await state.SendAsync("Second?", Stop);
        Assert.Equal(["First?", "a said", "Second?"], (await _runner.NextAsync("b")).Messages.Select(message => message.Text));
        Finish("a", "b");
        await IdleAsync(state);

        // Closed and opened again it has its own answer to the second question.
        await state.ShowColumnsAsync(1, Stop);
        Assert.Single(state.Columns);
        await state.ShowColumnsAsync(2, Stop);
        Assert.Equal("b said", state.Turns[1].Cells[1].Answer!.Text);
        Assert.Equal(2, _store.All.Count);
    }

    [Fact]
    public async Task CircuitLostWhileFourColumnsStream_FindsThemAllOnReturn()
    {
        var state = await OpenAsync(columns: 4);
        await state.SendAsync("Question?", Stop);
        await state.SaveAsync();
        var id = state.Chat.Conversation!.Id;
        await state.DisposeAsync();
        Assert.Equal(4, _runner.Hosted.Count);
        Finish("a");

        await using var back = Playgrounds.Open(_runner.Hosted, _store, _scope, models: Models);
        Assert.True(await back.OpenAsync(id, Stop));
        Assert.Equal(4, back.Columns.Count);
        Finish("b", "c", "d");
        await IdleAsync(back);
        Assert.Equal(["a said", "b said", "c said", "d said"], back.Turns[0].Cells.Select(cell => cell.Answer!.Text));
        Assert.Equal(0, _runner.Hosted.Count);
    }

    [Fact]
    public async Task Parameters_AreSharedOrAColumnsOwn()
    {
        await using var state = await OpenAsync(columns: 2);
        state.Draw(null, settings => settings with { MaxOutputTokens = 64 });
        state.Draw(state.Columns[1], settings => settings with { Temperature = 0.5f });
        await state.SendAsync("Question?", Stop);

        Assert.Equal(new GenerationSettings(MaxOutputTokens: 64), (await _runner.NextAsync("a")).Settings);
        Assert.Equal(new GenerationSettings(0.5f, MaxOutputTokens: 64), (await _runner.NextAsync("b")).Settings);
        Assert.Equal(new GenerationSettings(MaxOutputTokens: 64), state.Shared);
        state.StopAll();
        await IdleAsync(state);
    }

    [Fact]
    public async Task ColumnWithAPromptVersion_IsAskedWithThat_AndOneThatIsGoneSaysSoAlone()
    {
        var version = new PromptContent { Messages = [new(MessageRole.System, "Answer in {{language}}."), new(MessageRole.User, "Please: {{question}}")] };
        await using var state = await OpenAsync(columns: 3, prompt => prompt == "prompt:tone@2" ? version : ModelErrors.NotFound(prompt, []));
        state.Draft.Give("language", "French");
        await state.AskWithAsync(state.Columns[1], "prompt:tone@2", Stop);
        await state.AskWithAsync(state.Columns[2], "prompt:gone@1", Stop);

        Assert.True(await state.SendAsync("Hello?", Stop));
        Finish("a", "b");
        await IdleAsync(state);
        var (first, second) = (await _runner.NextAsync("a"), await _runner.NextAsync("b"));
        Assert.Equal(("", "Hello?"), (first.Instructions, first.Messages[^1].Text));
        Assert.Equal(("Answer in French.", "Please: Hello?"), (second.Instructions, second.Messages[^1].Text));
        Assert.NotNull(state.Columns[2].Chat.Error);
        Assert.Null(state.Turns[0].Cells[2].Answer);
    }

    [Fact]
    public async Task PromptVersion_IsTheDraftUntilItIsChanged_AndIsKeptAgain()
    {
        var version = new PromptContent { Messages = [new(MessageRole.System, "Be brief.")], Model = "c", Settings = new GenerationSettings(0.3f) };
        await using var state = await OpenAsync(columns: 1, prompt => prompt == "prompt:tone@2" ? version : ModelErrors.NotFound(prompt, []));

        Assert.NotNull(await state.TakePromptAsync("prompt:gone@1", Stop));
        Assert.Null(await state.TakePromptAsync("prompt:tone@2", Stop));
        Assert.Equal(("c", 0.3f, "Be brief."), (state.Chat.Setup.Model, state.Chat.Setup.Settings.Temperature, state.Draft.Messages[0].Text));
        Assert.False(state.IsChanged);
        state.Draft.Write(state.Draft.Messages[0].Key, "Be kind.");
        Assert.True(state.IsChanged);
        Assert.Equal("Be kind.", state.ToVersion().Messages[0].Text);

        state.Draft.Kept(state.ToVersion(), "prompt:tone@3");
        Assert.False(state.IsChanged);
        await state.SaveAsync();
        await using var back = Playgrounds.Open(_runner.Hosted, _store, _scope, models: Models);
        await back.OpenAsync(state.Chat.Conversation!.Id, Stop);
        Assert.Equal(("prompt:tone@3", false), (back.Draft.Origin, back.IsChanged));
    }

    [Fact]
    public async Task MissingVariable_IsNamed_AndNothingIsAsked()
    {
        await using var state = await OpenAsync(columns: 2);
        state.Draft.Write(state.Draft.Messages[0].Key, "Answer in {{language}}.");

        Assert.False(await state.SendAsync("Question?", Stop));
        Assert.Equal("prompt.missing_variables", state.Chat.Error?.Code);
        Assert.Contains("language", state.Chat.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(_runner.Turns);

        state.Draft.Give("language", "French");
        Assert.True(await state.SendAsync("Question?", Stop));
        Assert.Equal("Answer in French.", (await _runner.NextAsync("a")).Instructions);
        state.StopAll();
        await IdleAsync(state);
    }

    [Fact]
    public async Task Code_GoesOnFromWhatWasSaid_UpToTheLastQuestion()
    {
        await using var state = await OpenAsync(columns: 1);
        foreach (var question in (string[])["Which law?", "And which court?"])
        {
            await state.SendAsync(question, Stop);
            _runner.Say("a", "New York.");
            _runner.End("a");
            await IdleAsync(state);
        }

        var subject = await state.ShowAsync(new CodeSubject(PromptContent.Empty, new Dictionary<string, string>()), Stop);
        Assert.Equal(["Which law?", "New York.", "And which court?"], subject.Further.Select(message => message.Text));
    }

    [Fact]
    public async Task Blind_HidesNamesUntilOneIsPreferred_AndCountsThem()
    {
        await using var state = await OpenAsync(columns: 2);
        state.Blind(true);
        await AskAsync(state, "First?");
        Assert.True(state.HidesNames(state.Turns[0]));
        Assert.Equal([0, 1], state.OrderOf(state.Turns[0]).Order());

        state.Prefer(state.Turns[0], state.Columns[1]);
        Assert.False(state.HidesNames(state.Turns[0]));
        state.Prefer(state.Turns[0], state.Columns[0]); // said once, before the names were known
        await AskAsync(state, "Second?");
        Assert.True(state.HidesNames(state.Turns[1]));
        state.Prefer(state.Turns[1], null);

        Assert.Equal([("b", 1, 2), ("a", 0, 2)], state.Preferred.Select(line => (line.Name, line.Won, line.Of)));
        await state.SaveAsync();
        await using var back = Playgrounds.Open(_runner.Hosted, _store, _scope, models: Models);
        await back.OpenAsync(state.Chat.Conversation!.Id, Stop);
        Assert.True(back.IsBlind);
        Assert.Equal(state.Preferred, back.Preferred);
    }

    [Fact]
    public async Task Draft_IsKeptAsItIsTyped_BeforeAnythingIsAsked()
    {
        var state = await OpenAsync(columns: 2);
        var key = state.Draft.Messages[0].Key;
        Assert.True(state.Draft.Type(key, 0, 0, 0, "You answer in {{language}}."));
        state.Draft.Give("language", "German");
        state.Draft.Keep("German");
        await state.DisposeAsync();

        await using var back = Playgrounds.Open(_runner.Hosted, _store, _scope, models: Models);
        Assert.True(await back.OpenAsync(_store.All[0].Id, Stop));
        Assert.Equal("You answer in {{language}}.", back.Draft.Messages[0].Text);
        Assert.Equal("German", back.Draft.Values["language"]);
        Assert.Equal("German", Assert.Single(back.Draft.Sets).Name);
        Assert.Equal(["a", "b"], back.Columns.Select(column => column.Chat.Setup.Model));
        Assert.Equal("You answer in {{language}}.", back.Chat.Conversation!.Title);
    }

    private static ManyModels Models => new("a", "b", "c", "d");

    private async Task<PlaygroundState> OpenAsync(int columns, Func<string, MistralStudio.Core.Result<PromptContent>>? prompts = null)
    {
        var state = Playgrounds.Open(_runner.Hosted, _store, _scope, models: Models, prompts: prompts);
        await state.OpenAsync(null, Stop);
        await state.ShowColumnsAsync(columns, Stop);
        return state;
    }

    private async Task AskAsync(PlaygroundState state, string question)
    {
        Assert.True(await state.SendAsync(question, Stop));
        Finish([.. state.Columns.Select(column => column.Chat.Setup.Model)]);
        await IdleAsync(state);
    }

    private void Finish(params string[] models)
    {
        foreach (var model in models)
        {
            _runner.Say(model, $"{model} said");
            _runner.End(model);
        }
    }

    private static Task IdleAsync(PlaygroundState state) => Task.WhenAll(state.Columns.Select(column => column.Chat.WhenIdleAsync()));
}
