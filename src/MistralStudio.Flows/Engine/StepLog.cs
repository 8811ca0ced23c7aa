using MistralStudio.Core;
using MistralStudio.Core.Flows;

namespace MistralStudio.Flows.Engine;

/// <summary>The steps of one run of a node: those that the journal has are given back, others go through the loop before and after.</summary>
/// <param name="recorded">What the journal has, in order.</param>
/// <param name="begin">Journals the start of a step; returns once that is durable.</param>
/// <param name="end">Journals its end; returns once that is durable.</param>
internal sealed class StepLog(
    IReadOnlyList<(FlowValue? Value, Error? Error)> recorded,
    Func<int, NodeStep, CancellationToken, Task> begin,
    Func<int, Result<StepValue>, CancellationToken, Task> end,
    ValueKeeper keeper) : INodeSteps
{
    private int _next;

    public int Recorded { get; } = recorded.TakeWhile(step => (step.Value ?? (object?)step.Error) is not null).Count();

    public async ValueTask<Result<FlowValue>> RunAsync(
        NodeStep step, Func<CancellationToken, ValueTask<Result<StepValue>>> work, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _next);
        if (number <= recorded.Count && recorded[number - 1] is var (value, error) && (value ?? (object?)error) is not null)
        {
            return value is not null ? await keeper.LoadAsync(value, step.Name, cancellationToken) : error!;
        }

        await begin(number, step, cancellationToken);
        var done = await work(cancellationToken);
        if (!done.IsSuccess)
        {
            await end(number, done, cancellationToken);
            return done.Error;
        }

        var kept = await keeper.KeepAsync(done.Value.Value, step.Name, cancellationToken);
        await end(number, kept.IsSuccess ? done.Value with { Value = kept.Value } : kept.Error, cancellationToken);
        return kept.IsSuccess ? done.Value.Value : kept.Error;
    }
}
