using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Note;

/// <summary>A remark for readers of the flow.</summary>
internal static class NoteNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "note",
        Category = NodeCategory.End,
        Role = NodeRole.Note,
        Schema = """
            {
              "type": "object",
              "properties": { "text": { "type": "string", "title": "Text", "maxLength": 20000 } },
              "additionalProperties": false
            }
            """,
        Ports = PortsOf.Fixed([], []),
        Help = "A remark on the canvas. It does nothing.",
        Example = """{"text":"The refund policy changes in March."}""",
    };
}
