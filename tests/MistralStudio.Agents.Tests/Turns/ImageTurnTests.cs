using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Agents.Tests.Turns;

/// <summary>Images in the messages of a turn.</summary>
public sealed class ImageTurnTests
{
    private readonly InMemoryBlobs _blobs = new();
    private readonly FakeKnowledgeSearch _knowledge = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheModel_IsShownTheImages_OfEveryMessage_BeforeItsWords()
    {
        var model = new ScriptedChatClient(_ => "A receipt.") { Abilities = ChatAbilities.Usual with { Images = true } };
        var turn = await TurnAsync();
        await RunAsync(model, turn);

        var asked = Assert.Single(model.Requests).Messages;
        Assert.Equal(["What is this?", "A pixel.", "And this?"], asked.Select(message => message.Text));
        Assert.All([asked[0], asked[2]], message =>
        {
            var image = Assert.IsType<DataContent>(message.Contents[0]);
            Assert.Equal("image/png", image.MediaType);
            Assert.Equal(Pictures.Png, image.Data.ToArray());
        });
    }

    [Fact]
    public async Task ImagesAlone_AreAQuestion_ButNotOneThatCanBeLookedUp()
    {
        var model = new ScriptedChatClient(_ => "A receipt.") { Abilities = ChatAbilities.Usual with { Images = true } };
        var turn = await TurnAsync();
        turn = turn with { Messages = [turn.Messages[0] with { Text = "" }] };
        await RunAsync(model, turn);
        Assert.IsType<DataContent>(Assert.Single(Assert.Single(Assert.Single(model.Requests).Messages).Contents));

        var events = await RunAsync(model, turn with { Knowledge = [KnowledgeBaseId.New()] });
        Assert.Equal(AgentErrors.NothingToLookUp(), Assert.IsType<AgentEvent.Failed>(Assert.Single(events)).Error);
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task AModelThatReadsNone_IsNotAsked()
    {
        var model = new ScriptedChatClient(_ => "A receipt.");
        var events = await RunAsync(model, await TurnAsync());
        Assert.Equal(ImageErrors.CannotRead("scripted"), Assert.IsType<AgentEvent.Failed>(Assert.Single(events)).Error);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task AnImageThatIsGone_OrOfAnotherWorkspace_EndsTheTurn()
    {
        var model = new ScriptedChatClient(_ => "A receipt.") { Abilities = ChatAbilities.Usual with { Images = true } };
        var events = await RunAsync(model, await TurnAsync() with { Workspace = WorkspaceId.New() });
        Assert.Equal(ImageErrors.Gone(), Assert.IsType<AgentEvent.Failed>(Assert.Single(events)).Error);
        Assert.Empty(model.Requests);
    }

    private async Task<AgentTurn> TurnAsync()
    {
        var workspace = WorkspaceId.New();
        var stored = (await _blobs.PutAsync(workspace, "conversation/1", new MemoryStream(Pictures.Png), ImageRules.MostBytes, Stop)).Value;
        var image = new MessageImage(stored.Sha256, "image/png", 1, 1, stored.Bytes, "pixel.png");
        return new AgentTurn
        {
            Workspace = workspace,
            Model = ModelReference.Default,
            Messages =
            [
                new TurnMessage(MessageRole.User, "What is this?") { Images = [image] },
                new TurnMessage(MessageRole.Assistant, "A pixel."),
                new TurnMessage(MessageRole.User, "And this?") { Images = [image] },
            ],
        };
    }

    private async Task<List<AgentEvent>> RunAsync(ScriptedChatClient model, AgentTurn turn)
    {
        var runner = new AgentRunner(
            new FakeModelRouter(model), _knowledge, _knowledge, _knowledge, TurnTooling.Of(), _blobs, TimeProvider.System);
        var events = new List<AgentEvent>();
        await foreach (var happened in runner.RunAsync(turn, Stop))
        {
            events.Add(happened);
        }

        return events;
    }
}
