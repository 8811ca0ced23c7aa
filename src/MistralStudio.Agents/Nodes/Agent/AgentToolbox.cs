using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>All that agents can use. Each call of a tool is a function of a kernel, so that filters and telemetry see it.</summary>
internal sealed class AgentToolbox(IEnumerable<IAgentTools> tools, IKnowledgeStore knowledge)
{
    private const int MostName = 64;
    private const int MostTools = 64;

    private readonly Dictionary<ToolKind, IAgentTools> _kinds = tools.ToDictionary(one => one.Kind);

    /// <summary>The functions of a configuration, each with a name of its own.</summary>
    public async ValueTask<Result<IReadOnlyList<AgentFunction>>> ListAsync(NodeExecution execution, AgentConfig config, CancellationToken cancellationToken)
    {
        var functions = new List<AgentFunction>();
        foreach (var (index, tool) in config.Tools.Index())
        {
            var listed = await _kinds[tool.Kind].ListAsync(execution, tool, index, cancellationToken);
            if (!listed.IsSuccess)
            {
                return listed.Error;
            }

            functions.AddRange(listed.Value);
        }

        if (functions.Count > MostTools)
        {
            return AgentNodeErrors.TooManyTools(functions.Count, MostTools);
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return Result<IReadOnlyList<AgentFunction>>.Success([.. functions.Select(function => function with { Name = Free(function.Name, names) })]);
    }

    /// <summary>The bases whose words the tools may bring before the model.</summary>
    public async ValueTask<Result<IReadOnlyList<KnowledgeBaseId>>> HearsAsync(NodeExecution execution, AgentConfig config, CancellationToken cancellationToken)
    {
        var references = config.Tools.SelectMany(tool => tool.Bases).Distinct(StringComparer.Ordinal).ToList();
        var bases = await knowledge.FindBasesAsync(execution.Start.Workspace, references, cancellationToken);
        return bases.IsSuccess ? Result<IReadOnlyList<KnowledgeBaseId>>.Success([.. bases.Value.Select(one => one.Id)]) : bases.Error;
    }

    /// <summary>Calls a tool.</summary>
    public Task<Result<ToolOutcome>> CallAsync(AgentCall call, CancellationToken cancellationToken) =>
        ToolKernel.CallAsync(call.Function.Name, call.Function.Description, token => _kinds[call.Tool.Kind].CallAsync(call, token), cancellationToken);

    // Letters, digits and underscores, beginning with a letter: what every server of models takes.
    private static string Free(string name, HashSet<string> taken)
    {
        var clean = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')).Trim('_');
        clean = clean.Length == 0 || !char.IsAsciiLetter(clean[0]) ? $"tool_{clean}" : clean;
        clean = clean.Length <= MostName - 4 ? clean : clean[..(MostName - 4)];
        var free = clean;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{clean}_{number}";
        }

        return free;
    }
}
