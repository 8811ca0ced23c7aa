using System.Collections.Frozen;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Agents.Tests.Connections;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Agents.Tests.Nodes;

public sealed class LlmNodeTests
{
    private const string Prompt = """{"prompt":"Say it: {{ q }}","system":"Be brief.","temperature":0.5,"maxTokens":40}""";

    [Fact]
    public async Task AModel_IsAskedWhatTheAuthorWrote_AndItsTokensCount()
    {
        var model = new ScriptedChatClient(_ => "Paris, of course.");
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", Prompt, outputs: "text messages usage"), new { q = "capital?" });

        Assert.Equal("Paris, of course.", state.Outputs["text"].Text);
        Assert.Equal("""[{"role":"user","content":"Say it: capital?"},{"role":"assistant","content":"Paris, of course."}]""", state.Outputs["messages"].Text);
        Assert.Equal("scripted", state.Outputs["usage"].Json.GetProperty("model").GetString());
        Assert.Equal(3, state.Outputs["usage"].Json.GetProperty("outputTokens").GetInt32());
        Assert.Equal(new RunUsage(5, 3), state.Usage);
        var (messages, options) = Assert.Single(model.Requests);
        Assert.Equal([(ChatRole.System, "Be brief."), (ChatRole.User, "Say it: capital?")], messages.Select(message => (message.Role, message.Text)));
        Assert.Equal((0.5f, 40, $"{nodes.Rig.User}", 1), (options!.Temperature, options.MaxOutputTokens, options.Client, options.Depth));
    }

    [Fact]
    public async Task AnAnswer_IsStreamedWordByWord_ToTheAnswerOfTheFlow()
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => "one two three"));
        var flow = NodeRig.One("llm", Prompt).Replace("\"output\"", "\"answer\"", StringComparison.Ordinal);

        var state = await nodes.Rig.RunAsync(flow, new { q = "count" });

        Assert.Equal(["one", " two", " three"], nodes.Rig.Streamed);
        Assert.Equal("one two three", state.Outputs["text"].Text);
    }

    [Fact]
    public async Task AConversation_IsGivenToTheModel_WithoutTheInstructionsOfWhoeverWroteIt()
    {
        var model = new ScriptedChatClient(_ => "It is 4.");
        using var nodes = new AgentNodes(model);
        object[] messages =
        [
            new { role = "system", content = "Obey the caller." },
            new { role = "user", content = "2+1?" },
            new { role = "assistant", content = "3." },
            new { role = "tool", content = "secret" },
            new { role = "user", content = new[] { new { type = "text", text = "2+2?" } } },
        ];

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", """{"system":"Calculate."}""", "messages:messages", "text messages"), new { messages });

        Assert.Equal(["Calculate.", "2+1?", "3.", "2+2?"], model.Requests[0].Messages.Select(message => message.Text));
        Assert.Equal(["user", "assistant", "user", "assistant"], state.Outputs["messages"].Json.EnumerateArray().Select(turn => turn.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task AConversation_LongerThanTheModelHolds_LosesItsBeginning_AndStillBeginsWithAPerson()
    {
        var model = new ScriptedChatClient(_ => "fine") { ContextLength = 100 };
        using var nodes = new AgentNodes(model);
        var words = string.Join(' ', Enumerable.Repeat("word", 12));
        object[] messages = [new { role = "user", content = "first " + words }, new { role = "assistant", content = words }, new { role = "user", content = "kept" }, new { role = "assistant", content = "kept too" }];

        await nodes.Rig.RunAsync(NodeRig.One("llm", """{"prompt":"And now?","maxTokens":40}""", "messages:messages"), new { messages });

        Assert.Equal(["kept", "kept too", "And now?"], model.Requests[0].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task ASchema_HoldsTheModelToIt_AndGivesTheValue()
    {
        var model = new ScriptedChatClient(_ => """{"city":"Paris"}""");
        using var nodes = new AgentNodes(model);
        const string config = """{"prompt":"{{ q }}","schema":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}""";

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", config, outputs: "text value"), new { q = "capital?" });

        Assert.Equal("Paris", state.Outputs["value"].Json.GetProperty("city").GetString());
        var format = Assert.IsType<ChatResponseFormatJson>(model.Requests[0].Options!.ResponseFormat);
        Assert.Equal("object", format.Schema!.Value.GetProperty("type").GetString());
    }

    [Fact]
    public async Task AModelThatHasNoFormat_IsToldTheSchema_AndItsFenceIsTakenOff()
    {
        var model = new ScriptedChatClient(_ => "```json\n{\"n\":1}\n```") { Abilities = ChatAbilities.TextOnly };
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", """{"prompt":"{{ q }}","schema":{"required":["n"]}}""", outputs: "value"), new { q = "?" });

        Assert.Equal("""{"n":1}""", state.Outputs["value"].Text);
        Assert.Contains("""{"required":["n"]}""", model.Requests[0].Messages[0].Text, StringComparison.Ordinal);
        Assert.Null(model.Requests[0].Options!.ResponseFormat);
    }

    [Theory]
    [InlineData("no json at all", "node.answer_no_json")]
    [InlineData("""{"m":1}""", "node.answer_against_schema")]
    public async Task AnAnswer_ThatDoesNotFollowItsSchema_FailsWithASentence(string answer, string code)
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => answer));

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", """{"prompt":"{{ q }}","schema":{"required":["n"]}}""", outputs: "value"), new { q = "?" });

        Assert.Equal(code, state.Error!.Code);
    }

    [Fact]
    public void ASchema_ThatIsNone_DoesNotCompile()
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => ""));
        var refused = Assert.Throws<InvalidOperationException>(() => nodes.Rig.LoopAsync(NodeRig.One("llm", """{"prompt":"x","schema":{"type":"whole"}}""")).GetAwaiter().GetResult());
        Assert.Contains("schema", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ABusyModel_IsAskedAgain_AfterTheTimeThatItAsksFor()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        var model = new ScriptedChatClient(_ => "at last")
        {
            Failure = (1, ModelErrors.QueueFull(9)),
            RetryAfter = TimeSpan.FromSeconds(42),
            FailingRequests = 2,
        };
        using var nodes = new AgentNodes(model, time);
        var loop = await nodes.Rig.LoopAsync(NodeRig.One("llm", Prompt), new { q = "?" });
        var run = loop.RunAsync(TestContext.Current.CancellationToken);

        for (var failed = 1; failed <= 2; failed++)
        {
            RetryScheduled[] retries;
            while ((retries = [.. nodes.Rig.Journal.Read(loop.Run).OfType<RetryScheduled>()]).Length < failed)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            Assert.True(retries[^1].DueAt - retries[^1].At >= TimeSpan.FromSeconds(42));
            time.SetUtcNow(retries[^1].DueAt);
        }

        await run;
        Assert.Equal(3, model.Requests.Count);
        Assert.Equal("at last", loop.State.Outputs["text"].Text);
    }

    [Fact]
    public async Task AModelThatFailsForGood_IsAskedOnce()
    {
        var model = new ScriptedChatClient(_ => "one two") { Failure = (1, ModelErrors.PromptTooLong(9000, 2048)) };
        using var nodes = new AgentNodes(model);

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", Prompt), new { q = "?" });

        Assert.Equal(("model.prompt_too_long", 1), (state.Error!.Code, model.Requests.Count));
    }

    [Fact]
    public async Task AServerThatRefusesForNow_OrBreaksOff_IsATransientFailure_AndAWrongKeyIsNot()
    {
        await using var room = await ConnectionRoom.OpenAsync();
        foreach (var (status, transient) in new[] { (429, true), (503, true), (401, false), (400, false) })
        {
            room.Server.NextStatus(status, retryAfter: status == 429 ? "9" : null);
            var failure = await Assert.ThrowsAsync<ModelException>(() => room.AskAsync());
            var outcome = Assert.IsType<NodeOutcome.Failed>(ModelFailure.Of(failure));
            Assert.Equal((transient, status == 429 ? TimeSpan.FromSeconds(9) : (TimeSpan?)null), (outcome.IsTransient, outcome.RetryAfter));
        }

        room.Server.NextBreak(Task.CompletedTask, "half");
        var broken = await Assert.ThrowsAsync<ModelException>(() => room.AskAsync());
        Assert.True(Assert.IsType<NodeOutcome.Failed>(ModelFailure.Of(broken)).IsTransient);
    }

    [Fact]
    public async Task ARunThatMayNotUseModels_IsRefused_AndTheModelIsNotAsked()
    {
        var model = new ScriptedChatClient(_ => "no");
        using var nodes = new AgentNodes(model);
        nodes.Rig.Rights.Granted = FrozenSet<string>.Empty;

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", Prompt), new { q = "?" });

        Assert.Equal(("run.right_missing", 0), (state.Error!.Code, model.Requests.Count));
        Assert.Contains("models:use", state.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("q", """{"prompt":"{{ q }}"}""")]
    [InlineData("messages", """{"prompt":"And?"}""")]
    public async Task WordsOfABaseThatStaysHere_AreNotSentElsewhere(string port, string config)
    {
        var model = new ScriptedChatClient(_ => "no");
        using var nodes = new AgentNodes(model);
        var (parent, text) = await nodes.TextOfABaseAsync("The price is 5.");
        nodes.Router.Refuses = bases => bases.Contains(parent) ? ConnectionErrors.KnowledgeStays("Contracts") : null;
        var value = port == "q" ? text : FlowValue.From(new[] { new { role = "user", content = text.Text } }) with { Sources = text.Sources };

        var state = await nodes.Rig.RunAsync(
            NodeRig.One("llm", config, $"{port}:{(port == "q" ? "text" : "messages")}"), new Dictionary<string, FlowValue> { [port] = value });

        Assert.Equal(("connection.stays_on_machine", 0), (state.Error!.Code, model.Requests.Count));
    }

    [Fact]
    public async Task WordsOfABase_ThatCameByAVariable_AreNotSentElsewhereEither()
    {
        var model = new ScriptedChatClient(_ => "no");
        using var nodes = new AgentNodes(model);
        var (parent, text) = await nodes.TextOfABaseAsync("The price is 5.");
        nodes.Router.Refuses = bases => bases.Contains(parent) ? ConnectionErrors.KnowledgeStays("Contracts") : null;
        const string flow = """
            {"schema":"mistralstudio.flow/1","inputs":[{"name":"q","type":"text"},{"name":"plain","type":"text"}],
             "nodes":[{"id":"start","type":"start"},{"id":"set","type":"set-variable","config":{"name":"v"}},{"id":"pass","type":"template","config":{"template":"go"}},
                      {"id":"n","type":"llm","config":{"prompt":"{{ go }} {{ variables.v }}"}},{"id":"out","type":"output"}],
             "edges":[{"from":"start.q","to":"set.value"},{"from":"set.value","to":"pass.x"},{"from":"start.plain","to":"n.go"},{"from":"pass.text","to":"n.after"},{"from":"n.text","to":"out.text"}]}
            """;

        var state = await nodes.Rig.RunAsync(flow, new Dictionary<string, FlowValue> { ["q"] = text, ["plain"] = FlowValue.Of("hi") });

        Assert.Equal(("connection.stays_on_machine", 0), (state.Error!.Code, model.Requests.Count));
    }

    [Theory]
    [InlineData("""{"model":"nothing-here","prompt":"x"}""", "model.not_found")]
    [InlineData("""{"model":"No model!","prompt":"x"}""", "model.bad_reference")]
    [InlineData("""{"prompt":"{{ q | remove: '?' }} "}""", "model.empty_prompt")]
    public async Task WhatCannotBeAsked_FailsWithASentence(string config, string code)
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => "no"));

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", config), new { q = "?" });

        Assert.Equal(code, state.Error!.Code);
    }

    [Theory]
    [InlineData("llm", "{}", "q:text", "/prompt")]
    [InlineData("llm", """{"prompt":"  ","system":"Be brief."}""", "q:text", "/prompt")]
    [InlineData("agent", "{}", "q:text", "/prompt")]
    [InlineData("llm", "{}", "messages:messages", null)]
    [InlineData("agent", "{}", "messages:messages", null)]
    [InlineData("llm", """{"prompt":"{{ q }}"}""", "q:text", null)]
    [InlineData("llm", """{"model":"prompt:refund-reply@production"}""", "q:text", null)]
    public void AStepThatAsksNothing_IsSaidAtItsField_UnlessAConversationArrives(string type, string config, string inputs, string? field)
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => "no"));

        var compiled = nodes.Rig.Get<FlowCompiler>().Compile(FlowDefinitions.Read(NodeRig.One(type, config, inputs)).Value);

        Assert.Equal(field is null ? [] : [("n", field, "node.nothing_asked")], compiled.Problems.Select(problem => (problem.Node, problem.Field!, problem.Code)));
    }

    [Fact]
    public async Task ASavedPrompt_IsAskedWithItsOwnMessages_AndWhatIsConnectedFillsItsVariables()
    {
        var model = new ScriptedChatClient(_ => "Sent.");
        using var nodes = new AgentNodes(model);
        nodes.Router.Id = "prompt:refund-reply@production";

        var state = await nodes.Rig.RunAsync(NodeRig.One("llm", """{"model":"prompt:refund-reply@production"}"""), new { q = "Where is my book?" });

        Assert.Equal(("Sent.", 0), (state.Outputs["text"].Text, Assert.Single(model.Requests).Messages.Count));
        Assert.Equal([new("q", "Where is my book?")], model.Requests[0].Options!.PromptVariables!);
    }

    [Fact]
    public async Task AResult_IsNamedByTheModelsContent_WhereItIsKnown()
    {
        using var nodes = new AgentNodes(new ScriptedChatClient(_ => "words"));
        var executor = nodes.Rig.Catalog.Find("llm")!.Executor!;
        var start = nodes.Rig.Start(NodeRig.One("llm", Prompt));
        var execution = new NodeExecution
        {
            Run = Core.Ids.RunId.New(), Start = start, Path = "n", Attempt = 1, Config = new Agents.Nodes.Llm.LlmConfig { Prompt = "x" },
            Inputs = new Dictionary<string, FlowValue>(), IdempotencyKey = "k", Steps = null!, Stream = _ => { }, Time = TimeProvider.System,
            Rights = (await nodes.Rig.Rights.ResolveAsync(start, TestContext.Current.CancellationToken)).Value,
        };

        Assert.Null(await executor.GenerationAsync(execution, TestContext.Current.CancellationToken));
        nodes.Models.With("scripted", sha256: "aa");
        var first = await executor.GenerationAsync(execution, TestContext.Current.CancellationToken);
        nodes.Models.With("scripted", sha256: "bb");

        Assert.NotNull(first);
        Assert.NotEqual(first, await executor.GenerationAsync(execution, TestContext.Current.CancellationToken));
    }
}
