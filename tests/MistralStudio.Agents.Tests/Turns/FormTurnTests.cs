using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Agents.Tests.Turns;

public sealed class FormTurnTests
{
    private static readonly PromptSchema s_answer = new("Amount", JsonElement.Parse(
        """{"type":"object","properties":{"amount":{"type":"number","minimum":0},"currency":{"enum":["EUR","USD"]}},"required":["amount","currency"]}"""));

    private readonly FakeKnowledgeSearch _knowledge = new();

    [Fact]
    public async Task AnAnswerThatFollows_SaysSo_AndItsServerWasAskedToHoldItToTheSchema()
    {
        var model = new ScriptedChatClient(_ => """{"amount":5,"currency":"EUR"}""");
        var events = await RunAsync(model, Turn());

        var check = Assert.Single(events.OfType<AgentEvent.Checked>()).Check;
        Assert.True(check.Follows);
        Assert.Equal("Amount", check.Schema);
        var format = Assert.IsType<ChatResponseFormatJson>(model.Requests[0].Options!.ResponseFormat);
        Assert.Equal(("Amount", s_answer.Schema.GetRawText()), (format.SchemaName, format.Schema!.Value.GetRawText()));
        Assert.DoesNotContain(model.Requests[0].Messages, message => message.Role == ChatRole.System);
    }

    [Fact]
    public async Task AnAnswerThatDoesNot_SaysWhere_ByPointer()
    {
        var events = await RunAsync(new ScriptedChatClient(_ => """{"amount":-5}"""), Turn());
        var check = Assert.Single(events.OfType<AgentEvent.Checked>()).Check;
        Assert.False(check.Follows);
        Assert.Equal(["", "/amount"], check.Violations.Select(violation => violation.Path).Order(StringComparer.Ordinal));
        Assert.IsType<AgentEvent.Completed>(events[^1]);
    }

    [Theory]
    [InlineData("Five euros.", "stop", "agent.answer_no_json")]
    [InlineData("""{"amount":""", "length", "agent.answer_cut")]
    public async Task AnAnswerThatIsNoJson_SaysWhy(string answer, string finish, string code)
    {
        var model = new ScriptedChatClient(_ => "")
        {
            Updates = [new ChatResponseUpdate(ChatRole.Assistant, answer) { FinishReason = new ChatFinishReason(finish) }],
        };
        var events = await RunAsync(model, Turn());
        Assert.Equal(code, Assert.Single(events.OfType<AgentEvent.Checked>()).Check.Error!.Code);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task AModelThatIsNotHeld_IsToldInWords(bool strict, bool canHold)
    {
        var model = new ScriptedChatClient(_ => "```json\n{\"amount\":5,\"currency\":\"EUR\"}\n```") { Abilities = ChatAbilities.Usual with { JsonFormat = canHold } };
        var events = await RunAsync(model, Turn() with { Answer = s_answer with { Strict = strict }, Instructions = "Be exact." });

        Assert.Null(model.Requests[0].Options!.ResponseFormat);
        Assert.StartsWith("Be exact.\n\nAnswer with JSON alone", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.Contains(s_answer.Schema.GetRawText(), model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.True(Assert.Single(events.OfType<AgentEvent.Checked>()).Check.Follows);
    }

    [Fact]
    public async Task ASchemaThatIsNone_IsRefusedBeforeTheModelIsAsked()
    {
        var model = new ScriptedChatClient(_ => "{}");
        var events = await RunAsync(model, Turn() with { Answer = s_answer with { Schema = JsonElement.Parse("""{"type":"strung"}""") } });
        Assert.Equal("schema.invalid", Assert.IsType<AgentEvent.Failed>(Assert.Single(events)).Error.Code);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task ASchemaThatTheEngineCannotHoldTo_EndsTheTurn_WithItsReason()
    {
        var reason = new Error("schema.unsupported_keyword", "The keyword \"not\" is not supported.", "Remove it.");
        var events = await RunAsync(new ScriptedChatClient(_ => "{}") { Failure = (0, reason) }, Turn());
        Assert.Equal(reason, Assert.IsType<AgentEvent.Failed>(events[^1]).Error);
        Assert.Empty(events.OfType<AgentEvent.Checked>());
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Likelihood_IsTold_WhereItIsAskedForAndKnown(bool knows, int told)
    {
        var token = new TokenLogprob(7, "Yes", "Yes"u8.ToArray(), -0.1f, [new TokenLogprob(7, "Yes", "Yes"u8.ToArray(), -0.1f, [])]);
        var model = new ScriptedChatClient(_ => "")
        {
            Abilities = ChatAbilities.Usual with { Logprobs = knows },
            Updates = [new ChatResponseUpdate(ChatRole.Assistant, "Yes") { Logprobs = knows ? [token] : null }],
        };
        var asked = await RunAsync(model, Turn() with { Answer = null, Alternatives = 5 });
        Assert.Equal(told, asked.OfType<AgentEvent.Confidence>().Count());
        Assert.Equal(knows ? 5 : null, model.Requests[0].Options!.TopLogprobs);

        Assert.Empty((await RunAsync(model, Turn() with { Answer = null })).OfType<AgentEvent.Confidence>());
    }

    private static AgentTurn Turn() => new()
    {
        Workspace = WorkspaceId.New(),
        Model = ModelReference.Default,
        Messages = [new TurnMessage(MessageRole.User, "How much?")],
        Answer = s_answer,
    };

    private async Task<List<AgentEvent>> RunAsync(ScriptedChatClient model, AgentTurn turn)
    {
        var runner = new AgentRunner(
            new FakeModelRouter(model), _knowledge, _knowledge, _knowledge, TurnTooling.Of(), new InMemoryBlobs(), TimeProvider.System);
        var events = new List<AgentEvent>();
        await foreach (var happened in runner.RunAsync(turn, TestContext.Current.CancellationToken))
        {
            events.Add(happened);
        }

        return events;
    }
}
