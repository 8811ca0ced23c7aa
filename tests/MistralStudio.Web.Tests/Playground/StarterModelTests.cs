using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared;
using MistralStudio.Web.Features.Playground.Help;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>What the playground asks of models, with the one that the product ships; what it says is never asserted, only how.</summary>
public sealed class StarterModelTests(OneServer server, ITestOutputHelper output) : IClassFixture<OneServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAnswer_IsHeldToItsSchema_AndTellsHowSureTheModelWas()
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        var events = await RunAsync(new AgentTurn
        {
            Workspace = WorkspaceId.New(),
            Model = ModelReference.Default,
            Messages = [new TurnMessage(MessageRole.User, "Is the sea wet?")],
            Settings = new GenerationSettings(Temperature: 0, MaxOutputTokens: 60),
            Answer = new PromptSchema("Verdict", JsonElement.Parse("""{"type":"object","properties":{"wet":{"type":"boolean"},"how":{"enum":["very","a little"]}},"required":["wet","how"],"additionalProperties":false}""")),
            Alternatives = 3,
        });

        Assert.True(Assert.Single(events.OfType<AgentEvent.Checked>()).Check.Follows);
        var tokens = events.OfType<AgentEvent.Confidence>().SelectMany(told => told.Tokens).ToList();
        Assert.NotEmpty(tokens);
        Assert.All(tokens, token => Assert.Equal(3, token.Top.Count));
        Assert.NotNull(Assert.IsType<AgentEvent.Completed>(events[^1]).Timings.MaskMs);
    }

    [Fact]
    public async Task ASchemaThatTheEngineCannotHoldTo_IsRefusedByItsKeyword()
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        var events = await RunAsync(new AgentTurn
        {
            Workspace = WorkspaceId.New(),
            Model = ModelReference.Default,
            Messages = [new TurnMessage(MessageRole.User, "Count.")],
            Answer = new PromptSchema("Count", JsonElement.Parse("""{"type":"array","uniqueItems":true}""")),
        });
        var failed = Assert.IsType<AgentEvent.Failed>(events[^1]);
        Assert.Equal("schema.unsupported_keyword", failed.Error.Code);
        Assert.Contains("uniqueItems", failed.Error.Message, StringComparison.Ordinal);
    }

    /// <summary>A small model on a processor: tens of seconds where other work runs.</summary>
    [Theory(Explicit = true)]
    [InlineData(HelpKind.Improve, "Shorter.")]
    [InlineData(HelpKind.Explain, "")]
    [InlineData(HelpKind.Translate, "French")]
    public async Task Help_IsAProposal_OrAClearSentence(HelpKind kind, string wish)
    {
        Assert.SkipUnless(Directory.Exists(SharedData.StarterModels), "The starter models are not in deploy/models.");
        const string Prompt = "You answer questions about contracts. Answer in {{language}}, and cite each sentence.";
        var help = await server.Studio.Services.GetRequiredService<PromptHelp>().AskAsync(
            WorkspaceId.New(), ModelReference.Default, new HelpRequest(kind, Prompt, wish), _ => { }, Token);

        output.WriteLine(help.IsSuccess ? help.Value : $"{help.Error}");
        Assert.True(help.IsSuccess || help.Error.Code is "help.cut" or "help.empty", $"{help.Error}");
        Assert.True(!help.IsSuccess || help.Value.Length > 0);
    }

    private async Task<List<AgentEvent>> RunAsync(AgentTurn turn)
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in server.Studio.Services.GetRequiredService<IAgentRunner>().RunAsync(turn, Token))
        {
            events.Add(happened);
        }

        return events;
    }
}
