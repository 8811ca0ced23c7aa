using System.Text.Json;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Nodes.Merge;

namespace MistralStudio.Flows.Tests;

public sealed class NodeCatalogTests
{
    public static TheoryData<string> Types
    {
        get
        {
            using var rig = new FlowRig();
            return [.. rig.Catalog.Entries.Select(entry => entry.Type.Id)];
        }
    }

    [Fact]
    public void EveryPureNode_IsHere() => Assert.Equal(
        [
            "answer", "approval", "code", "condition", "for-each", "form", "given", "list", "loop", "merge", "note", "output", "redact", "schedule", "set-variable",
            "start", "sub-flow", "switch", "template", "wait", "webhook", "work",
        ],
        Types.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Types))]
    public void AType_HasHelp_AndAnExampleThatFollowsItsSchema(string id)
    {
        using var rig = new FlowRig();
        var entry = rig.Catalog.Find(id)!;
        var problems = new List<FlowProblem>();

        var config = ConfigCompiler.Check(entry, JsonElement.Parse(entry.Type.Example), id, problems);

        Assert.Empty(problems);
        Assert.NotNull(ConfigCompiler.Bind(entry.Type with { ConfigType = entry.Type.Fields.Any(field => !field.IsDeferred) ? null : entry.Type.ConfigType }, config));
        Assert.EndsWith(".", entry.Type.Help, StringComparison.Ordinal);
    }

    [Fact]
    public void AType_WithoutAnExecutor_IsRefused()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => new NodeCatalog([MergeNode.Type], []));
        Assert.Contains("\"merge\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoTypes_OfOneId_AreRefused() =>
        Assert.Throws<InvalidOperationException>(() => new NodeCatalog([MergeNode.Type, MergeNode.Type], [new MergeExecutor()]));

    [Fact]
    public void AType_WhoseSchemaIsWrong_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => new NodeCatalog([MergeNode.Type with { Schema = """{"type":"whole"}""" }], [new MergeExecutor()]));
}
