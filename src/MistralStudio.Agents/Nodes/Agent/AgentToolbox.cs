using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>All that agents can use. Each call of a tool is a function of a kernel, so that filters and telemetry see it.</summary>
internal sealed class AgentToolbox(IEnumerable<IAgentTools> tools, IKnowledgeStore knowledge)
{
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

        var named = new List<AgentFunction>(functions.Count);
        functions.ForEach(function => named.Add(function with { Name = ToolNames.Free(function.Name, named.Select(known => known.Name)) }));
        return Result<IReadOnlyList<AgentFunction>>.Success(named);
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
}
