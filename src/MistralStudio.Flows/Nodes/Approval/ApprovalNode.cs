using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Nodes.Approval;

/// <summary>Configuration of an Approval.</summary>
internal sealed record ApprovalConfig(string Title)
{
    public IReadOnlyList<string> Who { get; init; } = [];

    public TimeSpan? Expires { get; init; }
}

/// <summary>Waits for a person who approves or refuses.</summary>
internal static class ApprovalNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "approval",
        Category = NodeCategory.People,
        ConfigType = typeof(ApprovalConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "title": { "type": "string", "title": "Question", "minLength": 1, "maxLength": 2000 },
                "who": { "type": "array", "title": "Who may decide", "description": "E-mail addresses, or role:member, role:builder, role:admin. Nobody named: everyone here who may decide.", "items": { "type": "string", "pattern": "^(role:(member|builder|admin|owner)|[^@\\s]+@[^@\\s]+)$" }, "maxItems": 50 },
                "expires": { "type": "string", "title": "Expires after", "description": "Empty: never. In the source hours, minutes and seconds, or days before them: 2.00:00:00.", "pattern": "^([0-9]{1,4}\\.)?[0-9]{2}:[0-5][0-9]:[0-5][0-9]$" }
              },
              "required": ["title"],
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/title", FieldSyntax.Template)],
        Ports = _ => new NodePorts([], [new Port("approved", PortType.Json) { IsBranch = true }, new Port("refused", PortType.Json) { IsBranch = true }]) { Named = true },
        Help = "The run waits until somebody approves or refuses; meanwhile it uses no memory and survives restarts. What is connected to it is shown to that person, and is what the branch carries, with the \"note\" that they left.",
        Example = """{"title":"Send this reply?","who":["role:builder"],"expires":"2.00:00:00"}""",
    };
}

/// <summary>Runs Approval nodes.</summary>
internal sealed class ApprovalExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => ApprovalNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (ApprovalConfig)execution.Config;
        if (execution.Resumption is not { } resumed)
        {
            return new(new NodeOutcome.Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Approval)
            {
                Title = config.Title,
                Details = AskedValues.Of(execution.Inputs),
                Who = config.Who,
                Decisions = [PeopleDecisions.Approve, PeopleDecisions.Refuse],
                ExpiresAt = PeopleDecisions.ExpiresAt(execution, config.Expires),
            }));
        }

        if (resumed.Decision == Resumption.Expired)
        {
            return new(new NodeOutcome.Failed(PeopleErrors.Expired(config.Title)));
        }

        var values = execution.Inputs.ToDictionary(input => input.Key, input => input.Value.Json, StringComparer.Ordinal);
        if (resumed.Values.TryGetValue("note", out var note) && note.ValueKind == JsonValueKind.String)
        {
            values.TryAdd("note", note);
        }

        return new(NodeOutcome.Of(resumed.Decision == PeopleDecisions.Approve ? "approved" : "refused", FlowValue.From(values)));
    }
}
