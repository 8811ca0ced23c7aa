using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.List;

/// <summary>Configuration of a List node; each part is done in this order.</summary>
internal sealed record ListConfig
{
    /// <summary>Keeps the items for which this condition holds.</summary>
    public string? Where { get; init; }

    /// <summary>Keeps the first of items that are the same here.</summary>
    public string? DistinctBy { get; init; }

    /// <summary>Puts items in the order of this.</summary>
    public string? SortBy { get; init; }

    public bool Descending { get; init; }

    /// <summary>Leaves out that many at the beginning.</summary>
    public int Skip { get; init; }

    /// <summary>Keeps that many.</summary>
    public int? Take { get; init; }

    public bool Reverse { get; init; }
}

/// <summary>Filters, orders and cuts a list.</summary>
internal static class ListNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "list",
        Category = NodeCategory.Data,
        ConfigType = typeof(ListConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "where": { "type": "string", "title": "Keep where", "description": "item.score > 0.5", "minLength": 1, "maxLength": 2000 },
                "distinctBy": { "type": "string", "title": "Each only once by", "description": "item, or a member of it: item.document", "pattern": "^item(\\.[A-Za-z_][A-Za-z0-9_-]*)*$" },
                "sortBy": { "type": "string", "title": "In the order of", "description": "item, or a member of it: item.score", "pattern": "^item(\\.[A-Za-z_][A-Za-z0-9_-]*)*$" },
                "descending": { "type": "boolean", "title": "Largest first", "default": false },
                "skip": { "type": "integer", "title": "Leave out at the beginning", "minimum": 0, "default": 0 },
                "take": { "type": "integer", "title": "Keep at most", "minimum": 0 },
                "reverse": { "type": "boolean", "title": "Turn round", "default": false }
              },
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/where", FieldSyntax.Condition, "item", "index") { IsDeferred = true }],
        Ports = shape => new NodePorts(
            [new Port("items", PortType.ListOf(PortType.Json))],
            [new Port("items", shape.Arriving.GetValueOrDefault("items") is { } type && type.Kind != PortKind.Json ? type : PortType.ListOf(PortType.Json))]) { Named = true },
        Help = "Filters, makes distinct, orders, cuts and turns a list round, in this order. The condition names each item as \"item\" and its place as \"index\", and whatever else is connected.",
        Example = """{"where":"item.score > 0.5","sortBy":"item.score","descending":true,"take":5}""",
    };
}

/// <summary>Runs List nodes.</summary>
internal sealed class ListExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => ListNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var list = execution.Inputs["items"];
        var items = ListWork.Of((ListConfig)execution.Config, list.Json, execution.Inputs, cancellationToken);
        return new(items.IsSuccess ? NodeOutcome.Of("items", FlowValue.From<IReadOnlyList<JsonElement>>(items.Value)) : new NodeOutcome.Failed(items.Error));
    }
}
