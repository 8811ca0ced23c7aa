using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Tests.Imports;

/// <summary>The catalogue with the ports that node types of other rooms have, so that imports compile here; their own configurations are checked there.</summary>
internal static class ImportCatalog
{
    private static readonly Port[] s_none = [];

    public static FlowCompiler Compiler { get; } = Make();

    private static FlowCompiler Make()
    {
        var services = new ServiceCollection();
        services.AddFlows();
        Add(services, Type("llm", shape => new NodePorts(
            [new Port("messages", PortType.Messages, Required: false)],
            [new Port("text", PortType.Text), new Port("messages", PortType.Messages), new Port("usage", PortType.Json), .. shape.Config.TryGetProperty("schema", out _) ? [new Port("value", PortType.Json)] : s_none]) { Named = true },
            "/prompt", "/system"));
        Add(services, Type("agent", _ => new NodePorts(
            [new Port("messages", PortType.Messages, Required: false)], [new Port("text", PortType.Text), new Port("steps", PortType.Json), new Port("usage", PortType.Json)]) { Named = true }, "/prompt", "/system"));
        Add(services, Type("classify", shape => new NodePorts(
            [new Port("text", PortType.Text)],
            [.. shape.Config.GetProperty("classes").EnumerateArray().Select(one => new Port(one.GetProperty("name").GetString()!, PortType.Text) { IsBranch = true })]) { Named = true }, "/instructions"));
        Add(services, Type("extract", _ => new NodePorts([new Port("text", PortType.Text)], [new Port("value", PortType.Json)]) { Named = true }, "/instructions"));
        Add(services, Type("knowledge-search", _ => new NodePorts([new Port("query", PortType.Text)], [new Port("passages", PortType.Passages)]) { Named = true }));
        Add(services, Type("read-document", _ => new NodePorts([new Port("file", PortType.File)], [new Port("text", PortType.Text), new Port("pages", PortType.ListOf(PortType.Text))])));
        Add(services, Type("http-request", _ => new NodePorts([], [new Port("status", PortType.Number), new Port("body", PortType.Json), new Port("headers", PortType.Json)]) { Named = true }, "/url", "/body", "/headers/*", "/query/*"));
        Add(services, Type("mcp-tool", _ => new NodePorts([], [new Port("result", PortType.Json)]) { Named = true }, "/arguments/*"));
        return services.BuildServiceProvider().GetRequiredService<FlowCompiler>();
    }

    private static NodeType Type(string id, Func<NodeShape, NodePorts> ports, params string[] fields) => new()
    {
        Id = id, Category = NodeCategory.Models, Schema = """{"type":"object"}""", Ports = ports, Help = "Stands in.", Example = "{}",
        Fields = [.. fields.Select(field => new ConfigField(field, FieldSyntax.Template))],
    };

    private static void Add(ServiceCollection services, NodeType type) => services.AddSingleton(type).AddSingleton<INodeExecutor>(new Nothing(type.Id));

    private sealed class Nothing(string type) : INodeExecutor
    {
        public string Type => type;

        public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
