using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Work;
using MistralStudio.Flows.Nodes.Schedule;

namespace MistralStudio.Flows.Hosting;

/// <summary>
/// Owns the schedules of a flow: begins the run of a time that has come, once, and says when the next is. Of times that were missed the last
/// counts, once.
/// </summary>
internal sealed class ScheduleExecutor(IFlowTriggers triggers, FlowRuns runs, TimeProvider time) : IWorkExecutor
{
    /// <summary>The kind of work that the schedules of a flow are.</summary>
    public const string WorkKind = "schedule";

    private const int MostTogether = 200;

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <summary>The work that the schedules of a flow are.</summary>
    public static WorkKey Work(FlowId flow) => new(WorkKind, flow.ToString());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await triggers.ListDueAsync(time.GetUtcNow(), MostTogether, cancellationToken)).Select(due => due.Flow.ToString()).Distinct(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var flow = FlowId.Parse(work.Id);
        foreach (var due in (await triggers.ListDueAsync(now, MostTogether, cancellationToken)).Where(due => due.Flow == flow))
        {
            // The same time has the same run, however often it is begun: a crash between the two lines doubles nothing.
            var at = due.NextAt!.Value;
            var order = new RunOrder
            {
                Workspace = due.Workspace,
                Flow = due.Flow,
                Trigger = RunTrigger.Schedule,
                Inputs = new Dictionary<string, JsonElement> { ["at"] = JsonSerializer.SerializeToElement(at.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)) },
                Id = FlowCalls.IdOf(due.Workspace, $"schedule/{due.Flow}/{due.Node}/{at.UtcTicks}"),
            };
            var begun = await runs.StartAsync(order, cancellationToken);
            await triggers.AdvanceAsync(
                due, ScheduleTimes.Next(due.Cron, due.TimeZone, now), begun.IsSuccess ? begun.Value : null, begun.Error, cancellationToken);
        }
    }
}
