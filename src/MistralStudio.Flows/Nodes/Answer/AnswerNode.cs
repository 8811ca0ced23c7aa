using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Answer;

/// <summary>The text that the flow answers with.</summary>
internal static class AnswerNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "answer",
        Category = NodeCategory.End,
        Role = NodeRole.End,
        Schema = """{"type":"object","additionalProperties":false}""",
        Ports = PortsOf.Fixed([new Port("text", PortType.Text)], []),
        Help = "The flow's answer: its output \"text\". Where a model writes it, watchers see it grow. Several answers behind different branches are one answer.",
        Example = "{}",
    };
}
