using MistralStudio.Core;

namespace MistralStudio.Flows.Compilation;

/// <summary>One reason why a flow does not compile: where, what, and the mend.</summary>
/// <param name="Node">Path of the node (<c>each/draft</c>); empty for the flow itself.</param>
/// <param name="Field">JSON pointer into the node's configuration or policy (<c>/prompt</c>, <c>/policy/retry</c>); null where it is not about one.</param>
/// <param name="Port">Name of the port; null where it is not about one.</param>
public sealed record FlowProblem(string Node, string? Field, string? Port, string Code, string Message, string Next)
{
    /// <summary>A problem of a flow or node as a whole.</summary>
    public static FlowProblem Of(string node, Error error) => new(node, null, null, error.Code, error.Message, error.Next);

    /// <summary>A problem of a field.</summary>
    public static FlowProblem InField(string node, string field, Error error) => new(node, field, null, error.Code, error.Message, error.Next);

    /// <summary>A problem of a port.</summary>
    public static FlowProblem AtPort(string node, string port, Error error) => new(node, null, port, error.Code, error.Message, error.Next);
}
