using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Prompts;
using MistralStudio.Web.Features.Prompts.Code;
using MistralStudio.Web.Hosting;
using MistralStudio.Web.Tests.Connections;

namespace MistralStudio.Web.Tests.Prompts;

/// <summary>What is said beside code.</summary>
public sealed class CodeModalTests : BunitContext
{
    [Fact]
    public void KnowledgeThatARequestCannotName_IsSaid_UnlessThePromptBringsItAlong()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<IConnectionStore>(new FakeConnections());
        Services.AddSingleton(new StudioOptions { DataPath = "/", Urls = "http://localhost" });
        JSInterop.Mode = JSRuntimeMode.Loose;
        var subject = new CodeSubject(new PromptContent { Messages = [new(Core.Conversations.MessageRole.System, "Be brief.")], Model = "local", Knowledge = [KnowledgeBaseId.New()] }, new Dictionary<string, string>());

        Assert.Contains("answers without it", About(subject), StringComparison.Ordinal);
        Assert.DoesNotContain("answers without it", About(subject with { Reference = "prompt:brief@1" }), StringComparison.Ordinal);
        Assert.DoesNotContain("answers without it", About(subject with { Content = subject.Content with { Knowledge = [] } }), StringComparison.Ordinal);

        string About(CodeSubject of) => Render<CodeModal>(parameters => parameters
            .Add(modal => modal.Subject, of)
            .AddCascadingValue(Scopes.Of(WorkspaceId.New(), UserId.New(), Role.Member))).Find(".code-modal p").TextContent;
    }
}
