using System.Text.Json;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Core.Tests.Batches;

public sealed class BatchRulesTests
{
    private static readonly BatchPlan s_plan = new()
    {
        Prompt = new PromptContent { Messages = [new(MessageRole.User, "Translate {{text}} to {{language}}.")] },
        Columns = new Dictionary<string, string> { ["text"] = "Text" },
        Values = new Dictionary<string, string> { ["language"] = "French" },
    };

    [Fact]
    public void APlan_NeedsAColumnOrAValueForEachVariable()
    {
        Assert.Null(BatchRules.Check(s_plan, ["Text"]));
        Assert.Equal("batch.unknown_column", BatchRules.Check(s_plan, ["text"])?.Code);
        var unmapped = BatchRules.Check(s_plan with { Values = new Dictionary<string, string>() }, ["Text"]);
        Assert.Equal("batch.unmapped", unmapped?.Code);
        Assert.Contains("\"language\"", unmapped!.Message, StringComparison.Ordinal);
        Assert.Null(BatchRules.Check(s_plan with { Values = new Dictionary<string, string>(), Prompt = s_plan.Prompt with { Variables = [new("language", Default: "French")] } }, ["Text"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void Parallelism_HasBounds(int parallelism) => Assert.Equal("batch.bad_parallelism", BatchRules.Check(s_plan with { Parallelism = parallelism }, ["Text"])?.Code);

    [Fact]
    public void APromptWithTools_RunsOverNoTable()
    {
        using var schema = JsonDocument.Parse("{\"type\":\"object\"}");
        var prompt = s_plan.Prompt with { Tools = [new PromptTool("look", "Looks.", schema.RootElement.Clone())] };
        Assert.Equal("batch.has_tools", BatchRules.Check(s_plan with { Prompt = prompt }, ["Text"])?.Code);
    }

    [Theory]
    [InlineData(10, 0, 1000, 0, null, null, false)]
    [InlineData(10, 0, 999, 1, null, null, true)]
    [InlineData(null, 0, 0, 0, 100, null, true)]
    [InlineData(null, 10, 100, 0, 100, null, false)]
    [InlineData(null, 9, 90, 0, 100, null, true)]
    [InlineData(null, 8, 80, 1, 100, null, true)]
    [InlineData(null, 8, 80, 2, 100, null, false)]
    [InlineData(null, 5, 100, 0, null, 1.0, true)]
    public void ABudget_CountsWhatIsInFlight(int? rows, int spentRows, int tokens, int inFlight, int? mostTokens, double? cost, bool allows)
    {
        var spent = new BatchSpending(rows is null ? spentRows : tokens == 1000 ? 10 : 8, tokens, 0, cost is null ? 0 : 0.5m);
        Assert.Equal(allows, new BatchBudget(rows, mostTokens, (decimal?)cost).Allows(spent, inFlight));
    }

    [Theory]
    [InlineData("model.prompt_too_long", 1, 1, false, null, "Fail")]
    [InlineData("connection.busy", 1, 1, false, 7.0, "Wait 7")]
    [InlineData("connection.busy", 9, 9, false, null, "Wait 120")]
    [InlineData("connection.busy", 5, 1, false, null, "Fail")]
    [InlineData("connection.busy", 12, 12, false, null, "Wait 120")]
    [InlineData("connection.busy", 11, 11, true, null, "Wait 120")]
    [InlineData("connection.busy", 12, 12, true, null, "Fail")]
    [InlineData("egress.unreachable", 1, 3, false, null, "Wait 4")]
    [InlineData("model.engine_failed", 5, 5, false, null, "Fail")]
    [InlineData("connection.unauthorized", 1, 1, false, null, "Pause")]
    [InlineData("something.new", 1, 1, false, 3.0, "Wait 3")]
    public void Failures_AreWaitedFor_FailTheRow_OrPauseTheBatch(string code, int attempts, int failures, bool isAlone, double? retryAfter, string expected)
    {
        var decision = RowRetry.Decide(new Error(code, "", ""), attempts, failures, isAlone, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null, chance: .5);
        Assert.Equal(expected, decision switch { RowDecision.Wait wait => $"Wait {wait.For.TotalSeconds:0}", RowDecision.Fail => "Fail", _ => "Pause" });
    }

    [Fact]
    public void ThePace_FollowsAChange_WithinHalfAMinute()
    {
        var pace = new BatchPace(null, DateTimeOffset.UnixEpoch);
        for (var second = 1; second <= 60; second++)
        {
            pace = pace.After(second <= 30 ? 10 : 2, DateTimeOffset.UnixEpoch.AddSeconds(second));
        }

        Assert.InRange(pace.PerSecond!.Value, 2, 2.5);
    }

    [Fact]
    public void FieldsOfTheAnswer_AreColumns_ThatTakeNoNameOfTheTable()
    {
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"label":{"type":"string"},"score":{"type":"number"},"tags":{"type":"array"}}}""");
        var plan = s_plan with { Prompt = s_plan.Prompt with { Answer = new PromptSchema("verdict", schema.RootElement.Clone()) }, Output = new BatchOutput { Tokens = true } };
        var output = new OutputColumns(plan, ["Text", "label", "state"]);
        Assert.Equal(["label 2", "score", "tags", "state 2", "error", "input tokens", "output tokens"], output.Names);

        var result = new BatchResult(0, BatchRowState.Succeeded, "```json\n{\"label\":\"good\",\"tags\":[1,2]}\n```", null, 1, 7, 3, null, 5);
        Assert.Equal(["good", "", "[1,2]", "succeeded", "", "7", "3"], output.TextsOf(result));
        Assert.Equal(["", "", "", "failed", "Why.", "0", "0"], output.TextsOf(new BatchResult(1, BatchRowState.Failed, "", new Error("a", "Why.", ""), 1, 0, 0, null, 0)));
        Assert.All(output.TextsOf(null), Assert.Empty);
    }
}
