using System.Text.Json;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Features.Playground.Images;
using MistralStudio.Web.Features.Prompts.Code;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Images in questions: which columns are shown them, and what becomes of them.</summary>
public sealed class PlaygroundImagesTests
{
    private readonly ColumnRunner _runner = new();
    private readonly InMemoryImages _images = new(new InMemoryBlobs());
    private readonly WorkspaceScope _scope = Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Member);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AQuestion_IsAskedWithItsImages_AndTheTrayIsEmptyAfterwards()
    {
        await using var state = await OpenAsync("a", "b");
        var image = await AddAsync(state, Pictures.Png);
        Assert.Equal(("image/png", 1, 1), (image.MediaType, image.Width, image.Height));
        Assert.True(await state.SendAsync("What is it?", Stop));

        Assert.All([await _runner.NextAsync("a"), await _runner.NextAsync("b")], turn => Assert.Equal([image], turn.Messages[^1].Images));
        Assert.Empty(state.Images.Taken);
        // It was called by the image until there was a question.
        Assert.Equal("What is it?", state.Chat.Conversation!.Title);
        await FinishAsync(state, "a", "b");

        // It is seen in what follows, and in a column that comes later.
        await state.SendAsync("And now?", Stop);
        Assert.Equal([image], (await _runner.NextAsync("a")).Messages[0].Images);
        await FinishAsync(state, "a", "b");
        Assert.All(state.Columns, column => Assert.Equal([image], column.Chat.Thread[0].Images));
    }

    [Fact]
    public async Task ImagesAlone_AreAQuestion_ThatIsCalledByThem_AndCanBeEditedAndAnsweredAgain()
    {
        await using var state = await OpenAsync("a", "b");
        Assert.False(await state.SendAsync(" ", Stop));
        Assert.Equal("chat.empty", state.Chat.Error!.Code);
        var image = await AddAsync(state, Pictures.Png);
        Assert.True(await state.SendAsync("", Stop));
        Assert.All([await _runner.NextAsync("a"), await _runner.NextAsync("b")], turn => Assert.Equal(("", image), (turn.Messages[^1].Text, Assert.Single(turn.Messages[^1].Images))));
        await FinishAsync(state, "a", "b");
        Assert.Equal("pixel.png", state.Chat.Conversation!.Title);

        // It is among what is asked next, and by itself again.
        await state.SendAsync("And now?", Stop);
        Assert.Equal([image], (await _runner.NextAsync("a")).Messages[0].Images);
        await FinishAsync(state, "a", "b");
        await state.RegenerateAsync(state.Turns[0], Stop);
        await FinishAsync(state, "a", "b");
        Assert.Equal((2, 2), state.Chat.PlaceOf(state.Turns[0].Cells[0].Answer!));
        var content = CodeRequest.ToStudio(await state.ShowAsync(new CodeSubject(PromptContent.Empty, new Dictionary<string, string>()), Stop), new Uri("https://studio.example.org/"))
            .Body.GetProperty("messages")[0].GetProperty("content");
        Assert.Equal("image_url", Assert.Single(content.EnumerateArray()).GetProperty("type").GetString());
    }

    [Fact]
    public async Task AColumnThatReadsNone_SaysSoBeforeAnythingIsSent_AndTheOthersAreAsked()
    {
        await using var state = await OpenAsync("a");
        Assert.Null(state.FindBlind(state.Columns[1]));
        await AddAsync(state, Pictures.Png);
        Assert.Null(state.FindBlind(state.Columns[0]));
        Assert.Equal(ImageErrors.CannotReadIn("B", "b"), state.FindBlind(state.Columns[1]));
        state.Blind(true);
        Assert.Equal("Column B was not asked: its model cannot read images.", state.FindBlind(state.Columns[1])!.Message);
        state.Blind(false);

        Assert.True(await state.SendAsync("What is it?", Stop));
        await FinishAsync(state, "a");
        Assert.Equal(ImageErrors.CannotReadIn("B", "b"), state.Columns[1].Chat.Error);
        Assert.DoesNotContain(_runner.Turns, turn => turn.Model.ToString() == "b");
        // The image stands above by now: the column is still not asked.
        await state.SendAsync("And now?", Stop);
        await FinishAsync(state, "a");
        Assert.DoesNotContain(_runner.Turns, turn => turn.Model.ToString() == "b");
        Assert.NotNull(state.FindBlind(state.Columns[1]));
    }

    [Fact]
    public async Task AnEditedQuestion_KeepsItsImages_OrHasOthers()
    {
        await using var state = await OpenAsync("a", "b");
        var image = await AddAsync(state, Pictures.Png);
        await state.SendAsync("What is it?", Stop);
        await FinishAsync(state, "a", "b");

        state.BeginEdit(state.Turns[0]);
        Assert.Equal([image], state.ImagesOf(state.Turns[0].Question.Id).Taken);
        Assert.True(await state.EditAsync(state.Turns[0], "What is that?", Stop));
        await FinishAsync(state, "a", "b");
        Assert.Equal([image], state.Turns[0].Question.Images);

        state.BeginEdit(state.Turns[0]);
        var tray = state.ImagesOf(state.Turns[0].Question.Id);
        tray.Remove(image);
        var other = await AddAsync(state, Pictures.PngOf(2, 2), tray);
        Assert.True(await state.EditAsync(state.Turns[0], "And that?", Stop));
        await FinishAsync(state, "a", "b");
        Assert.All(state.Columns, column => Assert.Equal([other], column.Chat.Thread[0].Images));
        Assert.Equal((3, 3), state.Chat.PlaceOf(state.Turns[0].Question));
    }

    [Fact]
    public async Task AnImageOnItsWay_IsWaitedFor_AndOneThatIsTakenOut_IsDropped()
    {
        await using var state = await OpenAsync("a", "b");
        var image = await AddAsync(state, Pictures.Png);
        Assert.True(state.Images.Begin("slow.png"));
        Assert.False(await state.SendAsync("What is it?", Stop));
        Assert.Equal("chat.image_not_there", state.Chat.Error!.Code);
        state.Images.End("slow.png", ImageErrors.NotAnImage("slow.png"));
        Assert.Equal("image.not_an_image", state.Images.Error!.Code);

        await state.RemoveImageAsync(state.Images, image, Stop);
        Assert.Empty(state.Images.Taken);
        Assert.Equal([image.Sha256], _images.Dropped);
    }

    [Fact]
    public void ATray_HoldsAsManyAsAMessageMay_AndEachOnce()
    {
        var tray = new ImageTray();
        for (var i = 0; i < ImageRules.MostInMessage; i++)
        {
            Assert.True(tray.Begin($"{i}"));
        }

        Assert.False(tray.Begin("one more"));
        Assert.Equal(ImageErrors.TooMany(), tray.Error);
        tray.End("0", new MessageImage("aa", "image/png", 1, 1, 1, "0"));
        tray.End("1", new MessageImage("aa", "image/png", 1, 1, 1, "1"));
        Assert.Single(tray.Taken);
        Assert.Equal(ImageRules.MostInMessage - 2, tray.Coming.Count);
    }

    [Fact]
    public async Task WhatTheBrowserSays_OfAnImageThatWasNeverKept_IsNotBelieved()
    {
        await using var state = await OpenAsync("a", "b");
        await state.Chat.BeginAsync("x", Stop);
        Assert.Equal(ImageErrors.Gone(), (await state.FindImageAsync(new string('a', 64), "theirs.png", Stop)).Error);
    }

    [Fact]
    public async Task Code_HasTheImages_InTheRequestsVeryForm_AndLeavesOutWhatIsTooLong()
    {
        await using var state = await OpenAsync("a", "b");
        var subject = new CodeSubject(new PromptContent { Model = "a", Messages = [new(MessageRole.System, "Be brief."), new(MessageRole.User, "{{question}}")] }, new Dictionary<string, string>());
        Assert.Same(subject, await state.ShowAsync(subject, Stop));
        var empty = await state.ShowAsync(subject with { Content = PromptContent.Empty }, Stop);
        Assert.Equal("<question>", Assert.Single(empty.Further).Text);

        await AddAsync(state, Pictures.Png);
        await state.SendAsync("What is it?", Stop);
        await FinishAsync(state, "a", "b");
        var shown = await state.ShowAsync(subject, Stop);
        var messages = CodeRequest.ToStudio(shown, new Uri("https://studio.example.org/")).Body.GetProperty("messages");
        Assert.Equal(2, messages.GetArrayLength());
        var parts = messages[1].GetProperty("content");
        Assert.Equal(("image_url", Pictures.PngUri), (parts[0].GetProperty("type").GetString(), parts[0].GetProperty("image_url").GetProperty("url").GetString()));
        Assert.Equal("What is it?", parts[1].GetProperty("text").GetString());
        Assert.False(CodePictures.LeavesOut(shown.Images));

        // What is about to be asked comes before what was; a long image is named in its place.
        await AddAsync(state, [.. Pictures.PngOf(9, 9), .. new byte[200_000]]);
        var next = await state.ShowAsync(subject, Stop);
        Assert.True(CodePictures.LeavesOut(next.Images));
        Assert.Equal([Pictures.PngUri, "data:image/png;base64,<base64 of pixel.png>"], next.Pictures.Values);
        Assert.Equal(["What is it?", "<question>"], next.Further.Where(message => message.Role == MessageRole.User).Select(message => message.Text));
        Assert.Equal(3, next.Further.Count);

        // A later question without images does not bring the earlier one to the end.
        state.Images.Clear();
        await state.SendAsync("And now?", Stop);
        await FinishAsync(state, "a", "b");
        var later = await state.ShowAsync(subject, Stop);
        Assert.Equal(["What is it?", "And now?"], later.Further.Where(message => message.Role == MessageRole.User).Select(message => message.Text));
        Assert.Equal(Pictures.PngUri, Assert.Single(later.Pictures).Value);
    }

    [Fact]
    public async Task ImagesOfThePromptsMessages_AreShownToTheModels_KeptWithTheDraft_AndInItsVersions()
    {
        var store = new InMemoryConversations();
        await using var state = await OpenAsync(store, ["a"]);
        state.Draft.Write(state.Draft.Messages[0].Key, "Read stamps.");
        var example = state.Draft.Add();
        state.Draft.Write(example.Key, "This is a seal.");
        var seal = await AddAsync(state, Pictures.Png, example.Images);
        state.Draft.Write(state.Draft.Add().Key, "Yes.");
        var form = state.Draft.Add();
        state.Draft.Write(form.Key, "And this? {{question}}");
        var second = await AddAsync(state, Pictures.PngOf(2, 2), form.Images);
        var asked = await AddAsync(state, Pictures.PngOf(3, 3));

        Assert.Equal(ImageErrors.CannotReadIn("B", "b"), state.FindBlind(state.Columns[1]));
        Assert.True(await state.SendAsync("Look.", Stop));
        var turn = await _runner.NextAsync("a");
        Assert.Equal([[seal], [], [second, asked]], turn.Messages.Select(message => message.Images));
        Assert.Equal("And this? Look.", turn.Messages[^1].Text);
        await FinishAsync(state, "a");
        Assert.Equal([[], [seal], [], [second]], state.ToVersion().Messages.Select(message => message.Images));
        var code = CodeRequest.ToStudio(await state.ShowAsync(new CodeSubject(state.ToVersion(), new Dictionary<string, string>()), Stop), new Uri("https://studio.example.org/"));
        Assert.Equal([null, 2, null, 3], code.Body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content")).Select(parts => parts.ValueKind == JsonValueKind.Array ? parts.GetArrayLength() : (int?)null));

        // Opened again it is all there; a role that shows none is refused where it is asked.
        await state.SaveAsync();
        await using var again = Playgrounds.Open(_runner.Hosted, store, _scope, models: new ManyModels("a", "b") { Seeing = ["a"] }, images: _images);
        await again.OpenAsync(state.Chat.Conversation!.Id, Stop);
        Assert.Equal([seal], again.Draft.Messages[1].Images.Taken);
        again.Draft.Speak(again.Draft.Messages[1].Key, MessageRole.Assistant);
        Assert.False(await again.SendAsync("And?", Stop));
        Assert.Equal("prompt.image_not_of_user", again.Chat.Error!.Code);
    }

    [Fact]
    public async Task AVersionWithImages_IsOpenedWithThem_AndShowsThemInItsColumn_WhereTheyBelongToTheConversationToo()
    {
        var image = new MessageImage(new string('b', 64), "image/png", 1, 1, 10, "kept.png");
        var content = PromptContent.Empty with { Model = "a", Messages = [new(MessageRole.User, "What is this?") { Images = [image] }] };
        await using var state = Playgrounds.Open(_runner.Hosted, new InMemoryConversations(), _scope, models: new ManyModels("a", "b") { Seeing = ["a", "b"] }, images: _images, prompts: _ => content);
        await state.OpenAsync(null, Stop);
        Assert.Null(await state.TakePromptAsync("prompt:stamps@2", Stop));
        Assert.Equal([image], Assert.Single(state.Draft.Messages).Images.Taken);
        Assert.False(state.IsChanged);
        Assert.Equal([(state.Chat.Conversation!.Id, image.Sha256)], _images.Adopted);

        await state.SendAsync("", Stop);
        Assert.Equal([image], (await _runner.NextAsync("a")).Messages[^1].Images);
        await FinishAsync(state, "a");
        state.Draft.Messages[0].Images.Remove(image);
        Assert.True(state.IsChanged);
    }

    private Task<PlaygroundState> OpenAsync(params string[] seeing) => OpenAsync(new InMemoryConversations(), seeing);

    private async Task<PlaygroundState> OpenAsync(InMemoryConversations store, string[] seeing)
    {
        var state = Playgrounds.Open(_runner.Hosted, store, _scope, models: new ManyModels("a", "b") { Seeing = seeing }, images: _images);
        await state.OpenAsync(null, Stop);
        await state.ShowColumnsAsync(2, Stop);
        return state;
    }

    private async Task<MessageImage> AddAsync(PlaygroundState state, byte[] bytes, ImageTray? tray = null)
    {
        var lead = (await state.Chat.BeginAsync("pixel.png", Stop))!.Value;
        var kept = (await _images.AddAsync(_scope.Id, _scope.Person, lead, bytes, "pixel.png", Stop)).Value;
        (tray ?? state.Images).Begin("pixel.png");
        (tray ?? state.Images).End("pixel.png", await state.FindImageAsync(kept.Sha256, "pixel.png", Stop));
        return (tray ?? state.Images).Taken[^1];
    }

    private async Task FinishAsync(PlaygroundState state, params string[] models)
    {
        foreach (var model in models)
        {
            _runner.Say(model, $"{model} said");
            _runner.End(model);
        }

        await Task.WhenAll(state.Columns.Select(column => column.Chat.WhenIdleAsync()));
    }
}
