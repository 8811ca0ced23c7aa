using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Work;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Hosting;

/// <summary>
/// Owns runs one at a time each: opens the journal, lets the loop go on until the run ends or waits, and answers what is asked meanwhile. A
/// run that waits is in nobody's hands.
/// </summary>
internal sealed class RunExecutor(FlowEngine engine, IRunStore runs, IRunRights rights, RunWatch watch, FlowClock clock, TimeProvider time) : IWorkExecutor
{
    /// <summary>The kind of work that a run is.</summary>
    public const string WorkKind = "run";

    // A right that was taken ends what it carried within five seconds.
    private static readonly TimeSpan s_rightsInterval = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public string Kind => WorkKind;

    /// <inheritdoc/>
    public int? Places => 512;

    /// <summary>The work that a run is.</summary>
    public static WorkKey Work(RunId run) => new(WorkKind, run.ToString());

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await runs.ListRunningAsync(cancellationToken)).Select(run => run.ToString())];

    /// <inheritdoc/>
    public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
    {
        var run = RunId.Parse(work.Id);
        WorkMessage? asked = null;
        do
        {
            var opened = await engine.OpenAsync(run, cancellationToken);
            if (!opened.IsSuccess)
            {
                await RefuseAsync(run, opened.Error, asked, signals, cancellationToken);
                return;
            }

            var loop = opened.Value;
            if (loop.State.EndedAt is not null)
            {
                Answer(asked, RunErrors.Ended());
                while (signals.Messages.TryRead(out var late))
                {
                    Answer(late, RunErrors.Ended());
                }

                return;
            }

            // Before it begins: a run that waits is over at once where nobody has asked it anything.
            var first = asked ?? (signals.Messages.TryRead(out var waiting) ? waiting : null);
            var answer = first is null ? null : Send(loop, first);
            var running = loop.RunAsync(cancellationToken);
            if (answer is not null)
            {
                Answer(first, await AnswerAsync(answer, running));
            }

            asked = await AttendAsync(loop, running, signals);
            var pause = await running;
            if (pause.Kind == RunPauseKind.Faulted && pause.Error!.Code != FlowRunErrors.JournalTakenCode)
            {
                throw new IOException(pause.Error.ToString());
            }

            if (pause.ClockAt is { } at)
            {
                clock.Note(at);
            }

            watch.Paused(run, pause);
        }
        while (asked is not null && !cancellationToken.IsCancellationRequested);
    }

    /// <summary>Answers messages while the loop runs; gives back one that came too late for it and is for the next.</summary>
    private async Task<WorkMessage?> AttendAsync(RunLoop loop, Task<RunPause> running, IWorkSignals signals)
    {
        using var over = new CancellationTokenSource();
        try
        {
            while (true)
            {
                if (signals.Messages.TryRead(out var asked))
                {
                    if (running.IsCompleted && (await running).Kind == RunPauseKind.Suspended)
                    {
                        return asked;
                    }

                    var done = await AnswerAsync(Send(loop, asked), running);
                    if (done.Error == RunErrors.Ended() && running.IsCompleted && (await running).Kind == RunPauseKind.Suspended)
                    {
                        return asked;
                    }

                    Answer(asked, done);
                    continue;
                }

                if (running.IsCompleted)
                {
                    return null;
                }

                var look = Task.Delay(s_rightsInterval, time, over.Token);
                if (await Task.WhenAny(running, signals.Messages.WaitToReadAsync(over.Token).AsTask(), look) == look
                    && !(await rights.ResolveAsync(loop.State.Start!, CancellationToken.None)).IsSuccess)
                {
                    await AnswerAsync(loop.CancelAsync(null), running);
                }
            }
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private static Task<Result<Unit>> Send(RunLoop loop, WorkMessage asked)
    {
        var message = RunMessage.Read(asked.Text);
        return message.Resumption is { } resumption ? loop.ResumeAsync(resumption) : loop.CancelAsync(message.By);
    }

    // A loop that could not write its journal answers nothing any more.
    private static async Task<Result<Unit>> AnswerAsync(Task<Result<Unit>> answer, Task<RunPause> running)
    {
        await Task.WhenAny(answer, running);
        return answer.IsCompleted ? await answer : (await running).Error ?? RunErrors.Ended();
    }

    // Its definition is gone, or does not compile here any more: it can still be ended, and does not begin again at every start.
    private async Task RefuseAsync(RunId run, Error why, WorkMessage? asked, IWorkSignals signals, CancellationToken cancellationToken)
    {
        if (asked is null && !signals.Messages.TryRead(out asked))
        {
            await engine.EndAsync(run, RunStatus.Failed, why, cancellationToken);
            return;
        }

        do
        {
            Answer(asked, RunMessage.Read(asked.Text).Resumption is null ? await engine.EndAsync(run, RunStatus.Cancelled, RunErrors.Cancelled(), cancellationToken) : why);
        }
        while (signals.Messages.TryRead(out asked));
    }

    private static void Answer(WorkMessage? asked, Result<Unit> result) => asked?.Answer(RunAnswer.Of(result).Write());
}
