using FsCheck.Xunit;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Tests.Editing;

namespace MistralStudio.Flows.Tests.Definitions;

public sealed class DefinitionMergeTests
{
    private const string Before = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"draft","type":"template","config":{"template":"{{ q }}"}},{"id":"hand","type":"template","config":{"template":"x"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.q","to":"draft.q"},{"from":"start.q","to":"hand.q"},{"from":"draft.text","to":"answer.text"}],
         "inputs":[{"name":"q","type":"text"}]}
        """;

    private const string After = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"draft","type":"template","config":{"template":"Dear {{ q }}"}},{"id":"check","type":"template","config":{"template":"{{ text }}!"}},{"id":"answer","type":"answer"}],
         "edges":[{"from":"start.q","to":"draft.q"},{"from":"draft.text","to":"check.text"},{"from":"check.text","to":"answer.text"}],
         "inputs":[{"name":"q","type":"text","required":true}]}
        """;

    private static readonly FlowDefinition s_before = FlowDefinitions.Read(Before).Value;
    private static readonly FlowDefinition s_after = FlowDefinitions.Read(After).Value;
    private static readonly DefinitionMerge s_merge = DefinitionMerge.Of(s_before, s_after);

    [Fact]
    public void Parts_AreNodesWithTheirEdges()
    {
        Assert.Equal(["Node:hand", "Node:draft", "Node:check", "Input:q"], s_merge.Parts.Select(part => part.Key));
    }

    [Theory]
    [InlineData("", "start.q>draft.q start.q>hand.q draft.text>answer.text")]
    [InlineData("Node:check", "start.q>draft.q start.q>hand.q draft.text>check.text check.text>answer.text")]
    [InlineData("Node:hand", "start.q>draft.q draft.text>answer.text")]
    [InlineData("Node:draft", "start.q>draft.q start.q>hand.q draft.text>answer.text")]
    public void OnePart_BringsItsEdges_AndTakesThoseThatItStandsInFor(string taken, string edges)
    {
        var merged = s_merge.Apply(s_before, taken.Length == 0 ? new HashSet<string>() : [taken]);

        Assert.Equal(edges, string.Join(' ', merged.Edges.Select(edge => $"{edge.From}>{edge.To}")));
        Assert.Equal(taken == "Node:draft" ? "Dear {{ q }}" : "{{ q }}", merged.Nodes.Single(node => node.Id == "draft").Config!.Value.GetProperty("template").GetString());
        Assert.False(merged.Inputs.Single().Required);
    }

    [Fact]
    public void ANodeThatGoes_LeavesItsPlaceToTheWireAcrossIt()
    {
        var back = DefinitionMerge.Of(s_after, s_before);

        var merged = back.Apply(s_after, new HashSet<string> { "Node:check" });

        Assert.Contains(new FlowEdge("draft.text", "answer.text"), merged.Edges);
        Assert.DoesNotContain(merged.Edges, edge => edge.From.StartsWith("check", StringComparison.Ordinal) || edge.To.StartsWith("check", StringComparison.Ordinal));
    }

    [Fact]
    public void AWireBetweenNodesThatStay_IsAPartOfItsOwn()
    {
        var wired = s_before with { Edges = [.. s_before.Edges, new FlowEdge("hand.text", "answer.text2")] };

        var part = Assert.Single(DefinitionMerge.Of(s_before, wired).Parts);

        Assert.Equal((ChangedPart.Edge, ChangeKind.Added, "hand.text → answer.text2"), (part.Change.Part, part.Change.Kind, part.Change.Path));
        Assert.Equal(FlowDefinitions.Write(wired), FlowDefinitions.Write(DefinitionMerge.Of(s_before, wired).Apply(s_before, new HashSet<string> { part.Key })));
    }

    [Fact]
    public void WhatSomebodyDidMeanwhile_Stays()
    {
        var meanwhile = s_before with { Nodes = [.. s_before.Nodes.Where(node => node.Id != "hand").Select(node => node.Id == "answer" ? node with { Title = "Reply" } : node)], Edges = [.. s_before.Edges.Where(edge => edge.To != "hand.q")] };

        var merged = s_merge.Apply(meanwhile, s_merge.Parts.Select(part => part.Key).ToHashSet());

        Assert.Equal(["start", "draft", "answer", "check"], merged.Nodes.Select(node => node.Id));
        Assert.Equal("Reply", merged.Nodes.Single(node => node.Id == "answer").Title);
        Assert.Equal(s_after.Edges.OrderBy(edge => edge.From, StringComparer.Ordinal), merged.Edges.OrderBy(edge => edge.From, StringComparer.Ordinal));
    }

    [Fact]
    public void Union_HasEverything()
    {
        var union = DefinitionMerge.Union(s_before, s_after);

        Assert.Equal(["start", "draft", "check", "answer", "hand"], union.Nodes.Select(node => node.Id));
        Assert.Equal(5, union.Edges.Count);
    }

    [Property(MaxTest = 200)]
    public void AllParts_GiveTheNewerDefinition_NoneTheOlder_AndEveryChoiceHasNoLooseEnds(int seed)
    {
        var edits = new RandomEdits(seed);
        var before = edits.Flow();
        var after = before;
        for (var i = 0; i < 12; i++)
        {
            after = edits.Command(after).Apply(after) is { IsSuccess: true } done ? done.Value : after;
        }

        var merge = DefinitionMerge.Of(before, after);
        var all = merge.Parts.Select(part => part.Key).ToHashSet();
        Assert.Equal(FlowDefinitions.Write(after), FlowDefinitions.Write(merge.Apply(before, all)));
        Assert.Equal(FlowDefinitions.Write(before), FlowDefinitions.Write(merge.Apply(before, new HashSet<string>())));

        // The same where it has to go part by part, because something else is different.
        var other = before with { Budget = new MistralStudio.Core.Flows.RunBudget() };
        Assert.DoesNotContain(DefinitionDiff.Of(merge.Apply(other, all), after), change => change.Part is ChangedPart.Node or ChangedPart.Edge or ChangedPart.Input);

        var random = new Random(seed);
        var some = merge.Apply(before, all.Where(_ => random.Next(2) == 0).ToHashSet());
        var known = before.Edges.Concat(after.Edges).ToHashSet();
        Assert.All(some.Edges, edge => Assert.Contains(edge, known));
        Assert.True(some.Nodes.Count == some.Nodes.DistinctBy(node => node.Id).Count());
    }
}
