using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Agents.Tests.Nodes;

public sealed class ClassifyExtractTests
{
    private const string Classes = """{"classes":[{"name":"refund","description":"Wants {{ thing }} back"},{"name":"other"}],"instructions":"Mind irony."}""";
    private const string Schema = """{"schema":{"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"],"additionalProperties":false}}""";

    [Fact]
    public async Task AText_TakesTheBranchOfItsClass_AndTheOthersAreSkipped()
    {
        var model = new ScriptedChatClient(_ => """{"class":"refund","scores":{"refund":90,"other":30}}""");
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("classify", Classes, "text:text thing:text", "refund other scores"), new { text = "Give it back!", thing = "money" });

        Assert.Equal("Give it back!", state.Outputs["refund"].Text);
        Assert.False(state.Outputs.ContainsKey("other"));
        Assert.Equal("""{"refund":0.75,"other":0.25}""", state.Outputs["scores"].Text);
        Assert.Equal(1, state.Usage.OutputTokens);
        var (messages, options) = Assert.Single(model.Requests);
        Assert.Contains("- refund: Wants money back\n- other\n", messages[0].Text, StringComparison.Ordinal);
        Assert.EndsWith("Mind irony.", messages[0].Text, StringComparison.Ordinal);
        var format = Assert.IsType<ChatResponseFormatJson>(options!.ResponseFormat);
        Assert.Equal("""["refund","other"]""", format.Schema!.Value.GetProperty("properties").GetProperty("class").GetProperty("enum").GetRawText());
        Assert.Equal(0, options.Temperature);
    }

    [Fact]
    public async Task AClass_WithoutScores_HasAll()
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => """{"class":"other","scores":{"refund":0,"other":0}}"""));
        var state = await nodes.Rig.RunAsync(NodeRig.One("classify", Classes, "text:text thing:text", "other scores"), new { text = "Hi", thing = "x" });
        Assert.Equal("""{"refund":0,"other":1}""", state.Outputs["scores"].Text);
    }

    [Theory]
    [InlineData("""{"classes":[{"name":"a"},{"name":"A"}]}""")]
    [InlineData("""{"classes":[{"name":"a"},{"name":"scores"}]}""")]
    public async Task TwoBranchesOfOneName_DoNotCompile(string config)
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => ""));
        await Assert.ThrowsAsync<InvalidOperationException>(() => nodes.Rig.LoopAsync(NodeRig.One("classify", config, "text:text", "a")));
    }

    [Fact]
    public async Task AValue_IsTakenOutOfAText()
    {
        var model = new ScriptedChatClient(_ => """{"amount":31.4}""");
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("extract", Schema, "text:text", "value"), new { text = "Revenue was 31.4 billion." });

        Assert.Equal("""{"amount":31.4}""", state.Outputs["value"].Text);
        Assert.Equal("Text:\nRevenue was 31.4 billion.", model.Requests[0].Messages[^1].Text);
    }

    [Fact]
    public async Task AnAnswerThatDoesNotFollow_IsAskedForOnceMore_WithWhatWasWrong_AndBothArePaid()
    {
        var model = new ScriptedChatClient(messages => messages.Count == 2 ? """{"amount":"much"}""" : """{"amount":5}""");
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("extract", Schema, "text:text", "value"), new { text = "Five." });

        Assert.Equal("""{"amount":5}""", state.Outputs["value"].Text);
        Assert.Equal((2, 2), (model.Requests.Count, state.Usage.OutputTokens));
        Assert.Contains("/amount", model.Requests[1].Messages[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("extract", Schema, "I would rather talk.", "node.answer_no_json")]
    [InlineData("extract", Schema, """{"amount":null}""", "node.answer_against_schema")]
    [InlineData("classify", Classes, """{"class":"else","scores":{"refund":1,"other":1}}""", "node.answer_against_schema")]
    public async Task AnAnswer_ThatNeverFollows_FailsWithASentence_AfterTwo(string type, string config, string answer, string code)
    {
        var model = new ScriptedChatClient(_ => answer);
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One(type, config, "text:text thing:text", type == "extract" ? "value" : "scores"), new { text = "Five.", thing = "x" });

        Assert.Equal((code, 2), (state.Error!.Code, model.Requests.Count));
    }

    [Fact]
    public async Task AnAnswer_ThatWasCut_SaysSo_AndIsNotAskedForAgain()
    {
        var model = new ScriptedChatClient(_ => "")
        {
            Updates = [new ChatResponseUpdate(ChatRole.Assistant, """{"amo"""), new ChatResponseUpdate { FinishReason = ChatFinishReason.Length }],
        };
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("extract", Schema, "text:text", "value"), new { text = "Five." });

        Assert.Equal(("node.answer_cut", 1), (state.Error!.Code, model.Requests.Count));
    }

    [Theory]
    [InlineData("extract", Schema, "extract.nothing_to_read")]
    [InlineData("classify", Classes, "classify.nothing_to_sort")]
    public async Task AnEmptyText_IsNotSent(string type, string config, string code)
    {
        var model = new ScriptedChatClient(_ => "{}");
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One(type, config, "text:text thing:text", type == "extract" ? "value" : "scores"), new { text = "  ", thing = "x" });

        Assert.Equal((code, 0), (state.Error!.Code, model.Requests.Count));
    }

    [Theory]
    [InlineData("extract", Schema)]
    [InlineData("classify", Classes)]
    public async Task RightsAndTheBorder_HoldForBoth(string type, string config)
    {
        var model = new ScriptedChatClient(_ => "{}");
        using var nodes = new AgentNodes(model);
        var (parent, text) = await nodes.TextOfABaseAsync("The price is 5.");
        nodes.Router.Refuses = bases => bases.Contains(parent) ? ConnectionErrors.KnowledgeStays("Contracts") : null;
        var flow = NodeRig.One(type, config, "text:text thing:text", type == "extract" ? "value" : "scores");
        var inputs = new Dictionary<string, FlowValue> { ["text"] = text, ["thing"] = FlowValue.Of("x") };

        Assert.Equal("connection.stays_on_machine", (await nodes.Rig.RunAsync(flow, inputs)).Error!.Code);
        nodes.Rig.Rights.Granted = FrozenSet<string>.Empty;
        Assert.Equal("run.right_missing", (await nodes.Rig.RunAsync(flow, inputs)).Error!.Code);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task AModelThatFailsForNow_IsAskedAgain()
    {
        var model = new ScriptedChatClient(_ => """{"amount":5}""") { Failure = (0, ModelErrors.Loading("m")), FailingRequests = 1 };
        using var nodes = new AgentNodes(model);
        var flow = NodeRig.One("extract", Schema, "text:text", "value", ""","policy":{"retry":{"attempts":2,"delay":"00:00:00.001"}}""");

        var state = await nodes.Rig.RunAsync(flow, new { text = "Five." });

        Assert.Equal(("""{"amount":5}""", 2), (state.Outputs["value"].Text, model.Requests.Count));
    }
}
