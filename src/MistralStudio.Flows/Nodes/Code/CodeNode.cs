using System.Text.Json;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Nodes.Code;

/// <summary>Configuration of a Code node.</summary>
internal sealed record CodeConfig(string Source)
{
    /// <summary>Milliseconds.</summary>
    public int TimeoutMs { get; init; } = 1_000;
}

/// <summary>Runs JavaScript that sees its in-ports and nothing else.</summary>
internal static class CodeNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "code",
        Category = NodeCategory.Data,
        ConfigType = typeof(CodeConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "source": { "type": "string", "title": "JavaScript", "description": "The body of a function: inputs by their names, or as \"inputs\"; what it returns is the value.", "minLength": 1, "maxLength": 100000 },
                "timeoutMs": { "type": "integer", "title": "Time limit, ms", "minimum": 10, "maximum": 10000, "default": 1000 }
              },
              "required": ["source"],
              "additionalProperties": false
            }
            """,
        Check = Problems,
        Ports = PortsOf.Named(new Port("value", PortType.Json)),
        Help = "Runs JavaScript. The names of its in-ports are there as constants, and all of them as \"inputs\"; what it returns is the value. It reaches no file, no network and no clock that it could wait for, and has limits of time, memory and steps.",
        Example = """{"source":"return inputs.score * 2;"}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        if (Script.Problem(config.GetProperty("source").GetString()!) is { } problem)
        {
            yield return new ConfigProblem("/source", problem);
        }
    }
}

/// <summary>Runs Code nodes.</summary>
internal sealed class CodeExecutor : INodeExecutor
{
    // As many scripts as there are cores, of all runs together: their memory is bounded by that.
    private static readonly SemaphoreSlim s_turns = new(Environment.ProcessorCount);

    /// <inheritdoc/>
    public string Type => CodeNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        // A script takes its time: the run's loop does not wait for it.
        var config = (CodeConfig)execution.Config;
        await s_turns.WaitAsync(cancellationToken);
        try
        {
            var value = await Task.Run(() => Script.Run(config.Source, TimeSpan.FromMilliseconds(config.TimeoutMs), execution.Inputs, cancellationToken), cancellationToken);
            return value.IsSuccess ? NodeOutcome.Of("value", value.Value) : new NodeOutcome.Failed(value.Error);
        }
        finally
        {
            s_turns.Release();
        }
    }
}
