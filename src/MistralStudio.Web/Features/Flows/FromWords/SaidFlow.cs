using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Flows.FromWords;

/// <summary>What a model wrote for a flow that was just made, on its way from the list of flows to the flow's own page: there it is looked at and taken, in whole or in part.</summary>
public sealed class SaidFlow
{
    private (FlowId Flow, WordsState Words)? _said;

    /// <summary>Hands over what was said of a flow.</summary>
    public void Put(FlowId flow, WordsState words) => _said = (flow, words);

    /// <summary>Takes what was said of a flow, once; null where nothing was.</summary>
    public WordsState? Take(FlowId flow)
    {
        if (_said is not { } said || said.Flow != flow)
        {
            return null;
        }

        _said = null;
        return said.Words;
    }
}
