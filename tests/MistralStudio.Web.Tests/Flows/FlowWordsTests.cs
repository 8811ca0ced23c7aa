using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows.Gallery;
using MistralStudio.Flows.Words;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Flows from words, and words of flows, with the composed catalogue: with a scripted model, and with the one that the product ships.</summary>
public sealed class FlowWordsTests(OneServer server, ApiStudio studio, ITestOutputHelper output) : IClassFixture<OneServer>, IClassFixture<ApiStudio>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ATemplate_ThatAModelWrites_IsTheFlow()
    {
        var template = FlowTemplates.All.Single(one => one.Id == "document-answers");
        var definition = MistralStudio.Flows.Definitions.FlowDefinitions.Write(template.Flow);
        studio.Chat = new ScriptedChatClient(_ => definition);
        using var started = studio.CreateClient();

        var made = await studio.Services.GetRequiredService<FlowWords>().MakeAsync(await RequestAsync(studio.Services, "Beantworte Fragen aus Dokumenten"), Token);

        Assert.Empty(made.Value.Problems);
        Assert.Equal(template.Flow.Nodes.Select(node => node.Id), made.Value.Draft.Nodes.Select(node => node.Id));
        Assert.NotNull(studio.Chat.Requests[0].Options!.ResponseFormat);
    }

    /// <summary>Up to four prompts as long as the catalogue, read by a small model on a processor: minutes where other work runs.</summary>
    [Fact(Explicit = true)]
    public async Task WithTheStarterModel_TheWorstIsAClearSentence()
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        var services = server.Studio.Services;
        var words = services.GetRequiredService<FlowWords>();

        var made = await words.MakeAsync(await RequestAsync(services, "Every Monday read the new filings, and tell me which mention a recall."), Token);

        // An answer that ends in the middle, or another of the few sentences, or a draft with its problems.
        Assert.True(made.IsSuccess || made.Error.Code is "model.prompt_too_long" or "words.no_draft" or "words.cut", $"{made.Error}");
        output.WriteLine(made.IsSuccess ? $"{made.Value.Problems.Count} problems" : $"{made.Error}");
        Assert.True(made.IsSuccess || (made.Error.Message.EndsWith('.') && made.Error.Next.EndsWith('.')));
        Assert.True(!made.IsSuccess || made.Value.Draft is not null);
    }

    [Fact]
    public async Task TheStarterModel_IsHeldToTheCatalogue_WhereItsServerCan()
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        var services = server.Studio.Services;
        var request = await RequestAsync(services, "x");
        studio.Chat = new ScriptedChatClient(_ => "{}");
        using var started = studio.CreateClient();
        await studio.Services.GetRequiredService<FlowWords>().MakeAsync(await RequestAsync(studio.Services, "x"), Token);
        var schema = ((Microsoft.Extensions.AI.ChatResponseFormatJson)studio.Chat.Requests[0].Options!.ResponseFormat!).Schema;

        var written = await services.GetRequiredService<IModelWriter>().WriteAsync(
            new WritingTask(request.Workspace, ModelReference.Default, "You write flows.", [new WritingTurn(false, "A flow that greets.")]) { Schema = schema, MostTokens = 60 }, Token);

        Assert.True(written.IsSuccess, $"{written.Error}");
        Assert.StartsWith("{", written.Value.Text.TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheStarterModel_ExplainsAFlow_OrSaysWhyNot()
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        var services = server.Studio.Services;
        var template = FlowTemplates.All.Single(one => one.Id == "document-answers");

        var said = await services.GetRequiredService<FlowWords>().ExplainAsync(await RequestAsync(services, "") with { Language = "fr" }, template.Flow, Token);

        Assert.True(said.IsSuccess ? said.Value.Text.Length > 0 : said.Error.Code is "model.prompt_too_long" or "words.no_words", $"{said.Error}");
    }

    private static async Task<WordsRequest> RequestAsync(IServiceProvider services, string text)
    {
        var owner = (await services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(Token))!;
        return new WordsRequest(owner.Workspace, new Caller(owner.Workspace, owner.User, RolePermissions.All), ModelReference.Default, text, "en") { MostTokens = 64 };
    }
}
