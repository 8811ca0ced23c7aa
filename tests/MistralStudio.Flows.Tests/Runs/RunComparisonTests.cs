using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Tests.Runs;

public sealed class RunComparisonTests
{
    private static readonly NodeView s_node = new("a", "work", null, NodeStatus.Succeeded, 1, null, null, new Dictionary<string, FlowValue>(), Values("x"), null, null);
    private static readonly Error s_error = new("x.broke", "It broke.", "Mend it.");

    [Fact]
    public void Nodes_AreTheSame_WhereTheyEndedInTheSameWay_WithEqualOutputs()
    {
        Assert.True(Pair(s_node, s_node with { Outputs = Values("x") }).IsSame);
        Assert.True(Pair(s_node, s_node with { Status = NodeStatus.Reused, Attempts = 0 }).IsSame, "A result that was taken over is the same result.");
        Assert.True(Pair(s_node, s_node with { Outputs = new Dictionary<string, FlowValue> { ["text"] = FlowValue.Of("x").From([DocumentId.New()]) } }).IsSame, "Where it is from is no difference.");
        Assert.False(Pair(s_node, s_node with { Outputs = Values("y") }).IsSame);
        Assert.False(Pair(s_node, s_node with { Outputs = new Dictionary<string, FlowValue>() }).IsSame);
        Assert.False(Pair(s_node, s_node with { Status = NodeStatus.Running }).IsSame);
        Assert.False(Pair(s_node with { Outputs = Nothing }, s_node with { Status = NodeStatus.Skipped, Outputs = Nothing }).IsSame);
        Assert.False(Pair(Failed(s_error), Failed(s_error with { Message = "It broke elsewhere." })).IsSame);
        Assert.True(Pair(Failed(s_error), Failed(s_error)).IsSame);
        Assert.False(Pair(null, s_node).IsSame);
    }

    private static Dictionary<string, FlowValue> Nothing => [];

    private static NodePair Pair(NodeView? left, NodeView? right) => new("a", left, right);

    private static NodeView Failed(Error error) => s_node with { Status = NodeStatus.Failed, Outputs = Nothing, Error = error };

    private static Dictionary<string, FlowValue> Values(string text) => new() { ["text"] = FlowValue.Of(text) };
}
