using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Flows.Editor;

namespace MistralStudio.Web.Features.Flows;

/// <content>Nodes of the draft that are pinned.</content>
public sealed partial class FlowState
{
    /// <summary>Pins a node of the draft to what it gave in a past run; false where <see cref="Error"/> says why not.</summary>
    /// <param name="instance">Path of its instance there.</param>
    public async Task<bool> PinAsync(string node, RunId run, string instance, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        var pinned = await services.Pins!.PinAsync(caller, Flow!.Id, run, instance, node, cancellationToken);
        Error = pinned.Error;
        return pinned.IsSuccess;
    }

    /// <summary>Lets a node of the draft run again.</summary>
    public async Task UnpinAsync(string node, CancellationToken cancellationToken)
    {
        Need(Permissions.FlowsWrite);
        await services.Pins!.UnpinAsync(caller, Flow!.Id, node, cancellationToken);
    }

    /// <summary>Nodes of the draft that are pinned, and are there: those that a run of it would not run. Only for those who edit it.</summary>
    public IReadOnlyDictionary<string, FlowPin> Pins => MayWrite && _draft is { Pins.Count: > 0 } draft ? DraftPins.In(draft.Definition, draft.Pins) : new Dictionary<string, FlowPin>();
}
