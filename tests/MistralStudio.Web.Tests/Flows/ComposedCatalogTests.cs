using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Schemas;
using MistralStudio.Flows;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The node types of all rooms, as the product composes them.</summary>
public sealed partial class ComposedCatalogTests(OneServer server) : IClassFixture<OneServer>
{
    // Templates of an example name what is connected; these are connected to each.
    private static readonly (string Name, string Type)[] s_inputs =
    [
        ("question", "text"), ("text", "text"), ("number", "number"), ("flag", "boolean"), ("value", "json"), ("passages", "passages"),
        ("messages", "messages"), ("file", "file"), ("items", "list<json>"), ("score", "number"),
    ];

    [GeneratedRegex(@"\{\{-?\s*(?<name>[A-Za-z_]\w*)")]
    private static partial Regex Named();

    private NodeCatalog Catalog => server.Studio.Services.GetRequiredService<NodeCatalog>();

    [Fact]
    public void TheNodesOfEveryRoom_AreHere() => Assert.Empty(
        new[] { "start", "llm", "agent", "classify", "extract", "knowledge-search", "rerank", "read-document", "http-request", "send", "mcp-tool", "condition", "template", "approval", "answer" }
            .Except(Catalog.Entries.Select(entry => entry.Type.Id), StringComparer.Ordinal));

    [Fact]
    public void EveryExample_Compiles()
    {
        var compiler = server.Studio.Services.GetRequiredService<FlowCompiler>();
        Assert.All(Catalog.Entries.Where(entry => entry.Type.Role is not (NodeRole.SubFlow or NodeRole.Begin)), entry =>
        {
            var read = FlowDefinitions.Read(FlowOf(entry.Type));
            Assert.True(read.IsSuccess, $"{entry.Type.Id}: {read.Error}");
            var compiled = compiler.Compile(read.Value);
            Assert.True(compiled.Plan is not null, $"{entry.Type.Id}: {string.Join("; ", compiled.Problems)}");
        });
    }

    /// <summary>What an import makes of another tool's nodes has configurations that the nodes of every room take.</summary>
    [Theory]
    [InlineData("dify")]
    [InlineData("flowise")]
    [InlineData("langflow")]
    public async Task ImportsOfOtherTools_HaveConfigurationsThatNodesTake(string tool)
    {
        var compiler = server.Studio.Services.GetRequiredService<FlowCompiler>();
        foreach (var file in Directory.EnumerateFiles(SharedData.Require("data", "flows-foreign", tool)))
        {
            var import = FlowImport.Read(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            // Only what was left out, and what names it, keeps a draft from compiling.
            var problems = import.IsSuccess ? compiler.Compile(import.Value.Draft).Problems : [];
            Assert.Empty(problems.Where(problem => problem.Code is not ("flow.unknown_type" or "flow.unknown_name" or "flow.not_connected"))
                .Select(problem => $"{Path.GetFileName(file)}: {problem}"));
        }
    }

    [Fact]
    public void EveryType_HasHelp_AndASchemaWhoseFieldsHaveTitles() => Assert.All(Catalog.Entries, entry =>
    {
        Assert.EndsWith(".", entry.Type.Help, StringComparison.Ordinal);
        Assert.Null(JsonSchema.Read(JsonElement.Parse(entry.Type.Schema)).Error);
        Assert.Empty(Untitled(JsonElement.Parse(entry.Type.Schema), entry.Type.Id));
        Assert.Empty(entry.Schema.Validate(JsonElement.Parse(entry.Type.Example)));
    });

    // A start, the node with everything connected that it takes, and an output of its first port.
    private static string FlowOf(NodeType type)
    {
        var config = JsonElement.Parse(type.Example);
        var ports = type.Ports(new NodeShape { Config = config });
        var edges = new JsonArray();
        (string Name, string Type)[] inputs = [.. s_inputs.Concat(Named().Matches(type.Example).Select(match => (match.Groups["name"].Value, "json"))).DistinctBy(input => input.Item1)];
        foreach (var port in ports.Inputs)
        {
            var given = s_inputs.FirstOrDefault(input => PortType.Fit(PortType.TryParse(input.Type)!, port.Type) == PortFit.Always);
            Add($"start.{given.Name ?? "value"}", $"n.{port.Name}");
        }

        if (ports.Named)
        {
            foreach (var (name, _) in inputs.Where(input => ports.Inputs.All(port => port.Name != input.Name)))
            {
                Add($"start.{name}", $"n.{name}");
            }
        }

        JsonArray nodes = [JsonNode.Parse("""{"id":"start","type":"start"}"""), new JsonObject { ["id"] = "n", ["type"] = type.Id, ["config"] = JsonObject.Create(config) }];
        if (type.Role is NodeRole.ForEach or NodeRole.Loop)
        {
            nodes[1]!["body"] = JsonNode.Parse(type.Role == NodeRole.ForEach
                ? """{"nodes":[{"id":"t","type":"template","config":{"template":"x"}}],"edges":[{"from":"n.item","to":"t.x"},{"from":"t.text","to":"n.result"}]}"""
                : """{"nodes":[{"id":"t","type":"template","config":{"template":"x"}}],"edges":[{"from":"n.question","to":"t.x"},{"from":"t.text","to":"n.question"}]}""");
        }

        if (ports.Outputs.Count > 0)
        {
            nodes.Add(JsonNode.Parse("""{"id":"out","type":"output"}"""));
            Add($"n.{ports.Outputs[0].Name}", "out.value");
        }

        return new JsonObject
        {
            ["schema"] = "mistralstudio.flow/1",
            ["nodes"] = nodes,
            ["edges"] = edges,
            ["inputs"] = new JsonArray([.. inputs.Select(input => new JsonObject { ["name"] = input.Name, ["type"] = input.Type })]),
        }.ToJsonString();

        void Add(string from, string to) => edges.Add(new JsonObject { ["from"] = from, ["to"] = to });
    }

    // Fields that a form would show without a name.
    private static IEnumerable<string> Untitled(JsonElement schema, string path)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        if (schema.TryGetProperty("properties", out var fields))
        {
            foreach (var field in fields.EnumerateObject())
            {
                if (!field.Value.TryGetProperty("title", out _))
                {
                    yield return $"{path}/{field.Name}";
                }

                foreach (var deeper in Untitled(field.Value, $"{path}/{field.Name}"))
                {
                    yield return deeper;
                }
            }
        }

        if (schema.TryGetProperty("items", out var items))
        {
            foreach (var deeper in Untitled(items, $"{path}/*"))
            {
                yield return deeper;
            }
        }
    }
}
