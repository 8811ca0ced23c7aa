using Microsoft.SemanticKernel;
using MistralStudio.Agents.Mcp;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Agents.Tools;

/// <summary>What a tool gave: text for the model.</summary>
internal sealed record ToolOutcome(string Text)
{
    /// <summary>Documents that the text came from.</summary>
    public IReadOnlyList<DocumentId> Sources { get; init; } = [];

    /// <summary>What it used; null for nothing.</summary>
    public RunUsage? Usage { get; init; }

    /// <summary>What a tool of a server gave.</summary>
    public static ToolOutcome Of(ToolResult result) =>
        result.IsError ? new ToolOutcome($"The tool failed: {result.Text}")
        : new ToolOutcome(result.Text.Length == 0 && result.Structured is { } structured ? structured.GetRawText() : result.Text);

    /// <summary>What a flow gave.</summary>
    public static ToolOutcome Of(FlowAnswer answer) =>
        new(answer.Text) { Sources = [.. answer.Outputs.Values.SelectMany(value => value.Sources).Distinct()], Usage = answer.Usage };
}

/// <summary>Calls tools as functions of a kernel, so that filters and telemetry see each one.</summary>
internal static class ToolKernel
{
    private const string Plugin = "tools";

    /// <summary>Makes a call.</summary>
    /// <param name="name">What the model calls it by.</param>
    public static async Task<Result<T>> CallAsync<T>(
        string name, string description, Func<CancellationToken, Task<Result<T>>> call, CancellationToken cancellationToken)
    {
        // Models take hyphens and dots in names, kernels do not.
        name = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_'));
        var kernel = new Kernel();
        kernel.Plugins.AddFromFunctions(Plugin, [KernelFunctionFactory.CreateFromMethod((CancellationToken token) => call(token), name, description)]);
        return await kernel.InvokeAsync<Result<T>>(Plugin, name, cancellationToken: cancellationToken);
    }
}
