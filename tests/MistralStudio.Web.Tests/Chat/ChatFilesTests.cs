using Bunit;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground;
using MistralStudio.Web.Tests.Knowledge;
using MistralStudio.Web.Tests.Playground;

namespace MistralStudio.Web.Tests.Chat;

public sealed class ChatFilesTests : BunitContext
{
    private readonly InMemoryKnowledge _store = new();
    private readonly ScriptedRunner _runner = new();
    private readonly RecordingIntake _intake;
    private readonly Conversation _conversation = new(
        ConversationId.New(), WorkspaceId.New(), UserId.New(), null, "Title", "scripted", "", GenerationSettings.Default, [], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
    private readonly ChatState _chat;

    public ChatFilesTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<AntiforgeryStateProvider>(new NoAntiforgery());
        Services.AddSingleton(Options.Create(new AntiforgeryOptions()));
        Services.AddSingleton(Options.Create(new KnowledgeOptions()));
        JSInterop.Mode = JSRuntimeMode.Loose;
        _intake = new RecordingIntake(_store);
        var log = new ConversationLog(new KeptConversation(_conversation), _conversation.Workspace, _conversation.Owner, null);
        _chat = new ChatState(_runner.Hosted, log, _conversation.Workspace, TimeProvider.System, NullLogger.Instance)
        {
            Files = new ChatFiles(_store, _store, _intake, _conversation.Workspace, _conversation.Owner, TimeProvider.System),
        };
    }

    private static CancellationToken Stop => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheFirstFile_BeginsAConversation_AndGoesToItByHttp()
    {
        var chips = Show();
        Assert.Equal($"/api/conversations/{_conversation.Id}/files", await chips.Instance.TargetAsync("offer.pdf"));
        Assert.Equal(_conversation.Id, _chat.Conversation?.Id);
    }

    [Fact]
    public async Task AFile_IsWaitedFor_ThenAskedAbout_WithItsOwnerAsTheReader()
    {
        var chips = Show();
        await chips.Instance.TargetAsync("offer.pdf");
        var document = await AddAsync("offer.pdf");
        await chips.Instance.UploadedAsync();
        chips.WaitForAssertion(() => Assert.Contains("Reading 0 %", chips.Find("[data-state=stored]").TextContent, StringComparison.Ordinal));

        Assert.False(await _chat.SendAsync("When does it end?", Stop));
        Assert.Equal("chat.file_not_read", _chat.Error?.Code);
        Assert.Contains("offer.pdf", _chat.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(_runner.Turns);

        await _store.ReplacePassagesAsync(document.Id, [new(PassageId.From(Guid.NewGuid()), document.Id, 0, "On Friday.", null, 0, 10, null, "x")], Stop);
        await _store.EnterAsync(document.Id, DocumentState.Indexed, Stop);
        chips.WaitForAssertion(() => Assert.Contains("1 passage", chips.Find("[data-state=indexed]").TextContent, StringComparison.Ordinal));
        _runner.Say("On Friday.");
        Assert.True(await _chat.SendAsync("When does it end?", Stop));
        _runner.End();
        await _chat.WhenIdleAsync();

        var turn = Assert.Single(_runner.Turns);
        Assert.Equal([document.Base], turn.Knowledge);
        Assert.Equal(_conversation.Owner, turn.Reader);
        Assert.Empty(_chat.Setup.Knowledge);
    }

    [Fact]
    public async Task AFileThatFailed_SaysWhy_IsReadAgain_AndTakenOut_AndDoesNotHoldUpQuestions()
    {
        var chips = Show();
        await chips.Instance.TargetAsync("old.msg");
        var document = await AddAsync("old.msg");
        await _store.FailAsync(document.Id, new("document.unknown", "This format is not read.", "Save it as EML."), Stop);
        await chips.Instance.UploadedAsync();
        chips.WaitForAssertion(() => Assert.Equal("This format is not read. Save it as EML.", chips.Find("[role=alert]").TextContent));
        Assert.Null(_chat.Files!.Pending);
        Assert.Null(_chat.Files.Base);

        await chips.Find("button[aria-label='Read old.msg again']").ClickAsync(new());
        await chips.Find("button[aria-label='Take old.msg out']").ClickAsync(new());
        Assert.Equal([$"retry {document.Id}", $"delete {document.Id}"], _intake.Asked);

        await _store.RemoveAsync(document.Id, Stop);
        await _chat.Files.RefreshAsync(Stop);
        chips.WaitForAssertion(() => Assert.Empty(chips.FindAll(".files")));
    }

    [Fact]
    public async Task AnotherConversation_ShowsNoneOfTheseFiles()
    {
        var chips = Show();
        await chips.Instance.TargetAsync("offer.pdf");
        await AddAsync("offer.pdf");
        await chips.Instance.UploadedAsync();
        Assert.Single(_chat.Files!.Documents);

        await _chat.Files.OpenAsync(ConversationId.New(), Stop);
        Assert.Empty(_chat.Files.Documents);
        await _chat.Files.OpenAsync(null, Stop);
        Assert.Empty(_chat.Files.Documents);
    }

    [Fact]
    public async Task Regenerate_MakesOneAnswerWithOtherSettings_AndKeepsThoseOfTheConversation()
    {
        var scope = Scopes.Of(_conversation.Workspace, _conversation.Owner, Role.Member);
        var shared = await _store.CreateBaseAsync(_conversation.Workspace, "Filings", "minilm", null, Stop);
        await using var state = Playgrounds.Open(_runner.Hosted, new KeptConversation(_conversation), scope, _store);
        await state.OpenAsync(null, Stop);
        _runner.Say("First.");
        await state.Chat.SendAsync("Question?", Stop);
        _runner.End();
        await state.Chat.WhenIdleAsync();

        ChatSetup? chosen = null;
        var modal = Render<RegenerateModal>(parameters => parameters.Add(p => p.State, state).Add(p => p.OnRegenerate, setup => chosen = setup));
        await modal.Find("input[name=again-base]").ChangeAsync(new ChangeEventArgs { Value = true });
        await modal.Find("input[name=temperature]").ChangeAsync(new ChangeEventArgs { Value = "0.35" });
        await modal.Find("[data-regenerate]").ClickAsync(new());
        _runner.Say("Second.");
        await state.Chat.RegenerateAsync(Stop, chosen);
        _runner.End();
        await state.Chat.WhenIdleAsync();

        Assert.Equal([shared.Id], _runner.Turns[1].Knowledge);
        Assert.Equal(0.35f, _runner.Turns[1].Settings.Temperature);
        Assert.Equal("Question?", _runner.Turns[1].Messages[^1].Text);
        Assert.Equal((2, 2), state.Chat.PlaceOf(state.Chat.Thread[^1]));
        Assert.Empty(state.Chat.Setup.Knowledge);
        Assert.Null(state.Chat.Setup.Settings.Temperature);
        // What the answer read stays heard: it is in the conversation now.
        _runner.Say("Third.");
        await state.Chat.RegenerateAsync(Stop);
        _runner.End();
        await state.Chat.WhenIdleAsync();
        Assert.Equal([shared.Id], _runner.Turns[2].Heard);
        Assert.Empty(_runner.Turns[2].Knowledge);
    }

    private async Task<KnowledgeDocument> AddAsync(string name)
    {
        var parent = await ((IConversationFiles)_store).OpenAsync(_conversation.Workspace, _conversation.Owner, _conversation.Id, "minilm", Stop);
        var access = KnowledgeAccess.Of(_conversation.Workspace, _conversation.Owner);
        return (await _store.AddDocumentAsync(access, parent!.Id, new(name, "application/pdf", 3, "", _conversation.Owner), Stop))!;
    }

    private IRenderedComponent<FileChips> Show() => Render<FileChips>(parameters => parameters
        .AddCascadingValue(Scopes.Of(_conversation.Workspace, _conversation.Owner, Role.Member))
        .Add(p => p.Chat, _chat).Add(p => p.Zone, () => default));

    private sealed class NoAntiforgery : AntiforgeryStateProvider
    {
        public override AntiforgeryRequestToken? GetAntiforgeryToken() => null;
    }
}
