using System.Text;
using System.Text.Json;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Tests.Flows;

public sealed class RunEventCodecTests
{
    private static readonly DateTimeOffset s_at = new(2026, 11, 26, 9, 30, 15, 250, TimeSpan.Zero);

    private static readonly Dictionary<string, FlowValue> s_outputs = new()
    {
        ["text"] = FlowValue.Of("naïve <b> \"quoted\"") with { Sources = [DocumentId.Parse("0192a000-0000-7000-8000-000000000001")] },
        ["large"] = FlowValue.Stored(new BlobReference("ab12", 20_000)),
        ["gone"] = FlowValue.Erased,
        ["list"] = FlowValue.Of(JsonElement.Parse("[1, 2.50, null]")),
    };

    private static readonly Bookmark s_bookmark = new(BookmarkId.New(), BookmarkKind.Approval)
    {
        Title = "Send it?",
        Who = ["role:builder"],
        Decisions = ["approve", "refuse"],
        Schema = JsonElement.Parse("""{"type":"object"}"""),
        ExpiresAt = s_at,
    };

    private static readonly Error s_error = new("node.failed", "It failed.", "Try again.");

    private static readonly RunEvent[] s_all =
    [
        new RunStarted(new RunStart
        {
            Workspace = WorkspaceId.New(),
            Flow = FlowId.New(),
            Definition = "cafe",
            Version = 3,
            SubFlows = new Dictionary<string, string> { ["triage@8"] = "beef" },
            Inputs = s_outputs,
            Trigger = RunTrigger.Webhook,
            Authority = new RunAuthority(UserId.New(), 3),
            Budget = new RunBudget { Tokens = 5, Cost = .25m, WallTime = TimeSpan.FromMinutes(2) },
        }),
        new Forked(RunId.New(), "draft", s_outputs),
        new NodeStarted { Iterations = 12 },
        new NodeStarted(),
        new NodeSucceeded(s_outputs) { Usage = new RunUsage(3, 4, .01m), Key = "0f" },
        new NodeFailed(s_error, null),
        new NodeFailed(s_error, s_outputs),
        new NodeSkipped(),
        new NodeReused(s_outputs, RunId.New()) { Key = "0f" },
        new NodeUncertain(s_bookmark),
        new RetryScheduled(s_error, s_at),
        new StepStarted("search", NodeEffects.Changes) { IsIdempotent = true },
        new StepSucceeded(FlowValue.Of("found")) { Usage = new RunUsage(1, 2) },
        new StepFailed(s_error),
        new Suspended(s_bookmark),
        new Resumed(new Resumption(s_bookmark.Id, "approve", new Dictionary<string, JsonElement> { ["note"] = JsonElement.Parse("\"ok\"") }, UserId.New())),
        new BudgetExceeded(s_error),
        new CancelRequested(UserId.New()),
        new RunFinished(RunStatus.Failed, s_outputs, s_error) { Usage = new RunUsage(3, 4) },
    ];

    public static TheoryData<int> Events => [.. Enumerable.Range(0, s_all.Length)];

    [Fact]
    public void EveryKind_IsHere() => Assert.Equal(Enum.GetValues<RunEventKind>(), s_all.Select(one => one.Kind).Distinct().Order());

    [Theory]
    [MemberData(nameof(Events))]
    public void Events_AreReadBack_FromTheJournalAndFromTheWire(int index)
    {
        var happened = s_all[index] with { Seq = index + 1, At = s_at, Node = "each[3]/draft", Attempt = 2, Step = 5 };
        var payload = RunEventCodec.Payload(happened);

        var read = RunEventCodec.Read(happened.Kind, happened.Seq, happened.At, happened.Node, happened.Attempt, happened.Step, payload);
        var wired = RunEventCodec.ReadWire(JsonElement.Parse(RunEventCodec.Wire(happened)));

        Assert.Equal(Encoding.UTF8.GetString(RunEventCodec.Wire(happened)), Encoding.UTF8.GetString(RunEventCodec.Wire(read)));
        Assert.Equal(Encoding.UTF8.GetString(RunEventCodec.Wire(happened)), Encoding.UTF8.GetString(RunEventCodec.Wire(wired)));
        Assert.Equal((happened.GetType(), happened.Seq, happened.At, happened.Node), (read.GetType(), read.Seq, read.At, read.Node));
        Assert.DoesNotContain("each[3]", Encoding.UTF8.GetString(payload), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_AreReadBack_ByteByByte()
    {
        var payload = RunEventCodec.Payload(new NodeSucceeded(s_outputs));
        var read = (NodeSucceeded)RunEventCodec.Read(RunEventKind.NodeSucceeded, 1, s_at, "a", 1, 0, payload);

        Assert.All(s_outputs, output => Assert.Equal(output.Value, read.Outputs[output.Key]));
        Assert.Equal("[1, 2.50, null]", read.Outputs["list"].Json.GetRawText());
    }

    [Fact]
    public void AnEvent_WithNothingToSay_HasNoPayload() => Assert.Empty(RunEventCodec.Payload(new NodeSkipped { Seq = 1, Node = "a" }));

    [Fact]
    public void AnUnknownKind_IsRefused() =>
        Assert.Throws<JsonException>(() => RunEventCodec.ReadWire(JsonElement.Parse("""{"kind":"RunExploded","seq":1}""")));
}
