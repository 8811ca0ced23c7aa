using System.Text.Json;
using MistralStudio.Agents.Tools;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>Published flows as tools of turns. A call is a run of its own, with the rights of its version, that ends by itself where nobody waits for it any more.</summary>
/// <param name="calls">Asked for when a flow is called: what runs flows runs turns.</param>
internal sealed class TurnFlows(Lazy<IFlowCalls> calls, IDataClasses classes, IKnowledgeStates knowledge, IModelRouter models)
{
    /// <summary>Makes a call.</summary>
    /// <param name="flow"><c>slug@number</c>.</param>
    /// <param name="sources">Documents that the model has read words of; they go with what the flow is given.</param>
    /// <param name="ran">Is told which run it made.</param>
    public async Task<Result<TurnOutcome>> CallAsync(
        AgentTurn turn, string flow, JsonElement arguments, IReadOnlyCollection<DocumentId> sources, Action<RunId> ran, CancellationToken cancellationToken)
    {
        // Of what was heard earlier the documents are not known. A flow sends what it is told wherever its author wants.
        IReadOnlyList<KnowledgeBaseId> heard = [.. turn.Knowledge.Union(turn.Heard)];
        if (heard.Count > 0 && await classes.FindRefusalAsync(turn.Workspace, heard, cancellationToken) is { } refusal)
        {
            return refusal with { Next = "Take the flow or the knowledge out, or have an admin let it go under Models, Connections." };
        }

        var answer = await calls.Value.CallAsync(FlowCall.With(turn.Workspace, flow, arguments) with { By = turn.Asker, Depth = turn.Depth, Sources = sources, Ran = ran }, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Error;
        }

        var outcome = ToolOutcome.Of(answer.Value);
        if (outcome.Sources.Count == 0)
        {
            return new TurnOutcome(outcome.Text);
        }

        // What the flow read may have to stay on this machine, and the model that asked for it be elsewhere.
        var read = await knowledge.ListBasesOfAsync(turn.Workspace, outcome.Sources, cancellationToken);
        var model = await models.ResolveAsync(turn.Workspace, turn.Model, [.. heard.Union(read)], cancellationToken);
        return model.IsSuccess ? new TurnOutcome(outcome.Text) { Sources = outcome.Sources, Heard = read } : model.Error;
    }
}
