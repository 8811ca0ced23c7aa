using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Runs;

/// <summary>What becomes of a node that was running when its owner died.</summary>
internal static class RecoveryRule
{
    /// <summary>
    /// True where it can be run again: what it does is pure, or reads only, or is the same twice as once. Otherwise nobody knows whether it
    /// happened, and a person is asked.
    /// </summary>
    public static bool MayRunAgain(NodeState node) => node.Steps is { Count: > 0 } steps
        ? steps[^1] is not { IsOpen: true, MayRepeat: false } open || MayRepeat(open.Started.Effects, open.Started.IsIdempotent)
        : node.Plan.Type.WorksInSteps || MayRepeat(node.Plan.Effects, node.Plan.IsIdempotent);

    /// <summary>True where doing it twice does no harm.</summary>
    public static bool MayRepeat(NodeEffects effects, bool isIdempotent) => effects != NodeEffects.Changes || isIdempotent;
}
