using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Words;

namespace MistralStudio.Web.Features.Flows.FromWords;

/// <summary>What a model proposed for a flow, and what of it somebody decided already.</summary>
/// <param name="Text">What was wanted.</param>
/// <param name="Model">Reference of the model that wrote it.</param>
/// <param name="Before">What was to be changed when the proposal was made.</param>
public sealed record OpenProposal(
    string Text, string Model, TimeSpan Took, FlowProposal Proposal, FlowDefinition Before, DefinitionMerge Merge, IReadOnlyList<string> Accepted, IReadOnlyList<string> Refused);

/// <summary>
/// Proposals that nobody has taken or refused yet, of each person for each flow: a page that is loaded again, or was made for the proposal in the first
/// place, shows them. In the memory of this process, the newest of them, for a day; the tab keeps the words that they were asked for with, to say them again.
/// </summary>
public sealed class OpenProposals(TimeProvider clock)
{
    /// <summary>Proposals that are kept; of more the oldest goes.</summary>
    public const int MostKept = 200;

    /// <summary>How long one is kept.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkspaceId, FlowId, UserId), (OpenProposal Proposal, DateTimeOffset At)> _open = [];

    /// <summary>Keeps a proposal in the place of the one before; null: there is none any more.</summary>
    public void Keep(Caller caller, FlowId flow, OpenProposal? proposal)
    {
        if (KeyOf(caller, flow) is not { } key)
        {
            return;
        }

        lock (_gate)
        {
            _open.Remove(key);
            if (proposal is null)
            {
                return;
            }

            _open[key] = (proposal, clock.GetUtcNow());
            if (_open.Count > MostKept)
            {
                _open.Remove(_open.MinBy(one => one.Value.At).Key);
            }
        }
    }

    /// <summary>What waits for somebody to decide about a flow; null where nothing does.</summary>
    public OpenProposal? Find(Caller caller, FlowId flow)
    {
        lock (_gate)
        {
            return KeyOf(caller, flow) is { } key && _open.TryGetValue(key, out var kept) && clock.GetUtcNow() - kept.At < Longest ? kept.Proposal : null;
        }
    }

    private static (WorkspaceId, FlowId, UserId)? KeyOf(Caller caller, FlowId flow)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.User is { } user ? (caller.Workspace, flow, user) : null;
    }
}
