using MistralStudio.Core;

namespace MistralStudio.Inference.Tools;

/// <summary>Expected failures of a request with tools.</summary>
public static class ToolErrors
{
    /// <summary>A call could not be held to a tool's parameters.</summary>
    public static Error Parameters(string tool, Error reason) => new(
        "tool.parameters_unsupported",
        $"The parameters of the tool \"{tool}\" cannot be held to: {reason.Message}",
        reason.Next);

    /// <summary>A tool is demanded that is not among those given.</summary>
    public static Error NotAmong(string tool, IEnumerable<string> tools) => new(
        "tool.not_found",
        $"There is no tool \"{tool}\" in this request.",
        $"Choose one of: {string.Join(", ", tools)}.");

    /// <summary>A call is demanded and there are no tools.</summary>
    public static Error NoneGiven() => new(
        "tool.none_given",
        "A call of a tool is demanded, but the request has no tools.",
        "Send the tools, or leave the choice of a tool out.");

    /// <summary>The answer ended inside a call.</summary>
    public static Error CallCut(string tool) => new(
        "tool.call_cut",
        $"The answer ended in the middle of the call of \"{tool}\".",
        "Allow more tokens.");
}
