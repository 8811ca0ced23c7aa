using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>Runs Agent nodes.</summary>
internal sealed class AgentExecutor(ModelCalls calls, AgentToolbox toolbox) : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => AgentNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        try
        {
            return await new AgentWork(execution, (AgentConfig)execution.Config, calls, toolbox).RunAsync(cancellationToken);
        }
        catch (PassingFailureException passing)
        {
            return passing.Outcome;
        }
    }
}

/// <summary>
/// Leaves a step open that failed for now, so that the next try does it again: a failure that is journalled would be given back to it instead.
/// </summary>
internal sealed class PassingFailureException : Exception
{
    public PassingFailureException(ModelException failure)
        : base(failure.Message) => Outcome = ModelFailure.Of(failure);

    public PassingFailureException(Error error)
        : base(error.Message) => Outcome = ModelFailure.Of(error);

    public NodeOutcome Outcome { get; }
}
