using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Large values of runs: a hash opens only what the run itself has.</summary>
internal static class RunValues
{
    /// <summary>True where a value of this run is kept under the hash.</summary>
    public static async Task<bool> HasAsync(IFlowJournal journal, RunId run, string sha256, CancellationToken cancellationToken)
    {
        await foreach (var happened in journal.ReadAsync(run, 0, cancellationToken))
        {
            if (Of(happened).Any(value => value.Blob?.Sha256 == sha256))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The values that an event holds.</summary>
    public static IEnumerable<FlowValue> Of(RunEvent happened) => happened switch
    {
        RunStarted { Start: var start } => start.Inputs.Values,
        Forked forked => forked.Edits.Values,
        NodeSucceeded succeeded => succeeded.Outputs.Values,
        NodeReused reused => reused.Outputs.Values,
        NodeFailed { Outputs: { } outputs } => outputs.Values,
        StepSucceeded step => [step.Value],
        RunFinished finished => finished.Outputs.Values,
        _ => [],
    };
}
