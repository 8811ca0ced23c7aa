using System.Threading.Channels;

namespace MistralStudio.Core.Work;

/// <summary>A piece of work that outlives a request: which executor, and which of its things.</summary>
/// <param name="Kind">Names the executor: <c>ingestion</c>.</param>
/// <param name="Id">Names the thing; one loop owns it at a time, on one machine of all.</param>
public readonly record struct WorkKey(string Kind, string Id)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Id}";
}

/// <summary>Gives work to the one that owns it, wherever that runs.</summary>
public interface IWorkOwner
{
    /// <summary>Makes sure that the work runs; returns when its owner has taken it. Starting running work changes nothing.</summary>
    Task StartAsync(WorkKey work, CancellationToken cancellationToken);

    /// <summary>Sends a message to running work (<c>cancel</c>); returns false where it does not run.</summary>
    Task<bool> SignalAsync(WorkKey work, string signal, CancellationToken cancellationToken);

    /// <summary>
    /// Asks work something and gives its answer; work that does not run is started for it. Throws <see cref="TimeoutException"/> where there is
    /// no answer within half a minute: whether the message counted is to be seen from the work's state then.
    /// </summary>
    /// <param name="message">JSON, as the kind of work defines it.</param>
    Task<string> AskAsync(WorkKey work, string message, CancellationToken cancellationToken);
}

/// <summary>
/// Does one kind of work. All it needs to know is in the store under the work's id, so that it can go on after kill -9, here or elsewhere.
/// </summary>
public interface IWorkExecutor
{
    /// <summary>The <see cref="WorkKey.Kind"/> that it executes.</summary>
    string Kind { get; }

    /// <summary>Pieces of this kind that run at the same time in one process; null: as many as of any kind.</summary>
    int? Places => null;

    /// <summary>
    /// Works until the thing is done or cannot go on (which it records itself). An exception is a fault: the owner logs it and tries again
    /// later. Cancellation means that the process stops: leave everything so that the next start goes on.
    /// </summary>
    Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken);

    /// <summary>The ids of work that was begun and not ended: started again after every start of the process.</summary>
    Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken);
}

/// <summary>The messages sent to running work.</summary>
public interface IWorkSignals
{
    /// <summary>Cancelled once the signal was sent: <c>Token("cancel")</c>.</summary>
    CancellationToken Token(string signal);

    /// <summary>
    /// What was asked, in order. What is still in it when the work returns is there when it is run again, which is at once.
    /// </summary>
    ChannelReader<WorkMessage> Messages { get; }
}

/// <summary>A question to running work.</summary>
/// <param name="Text">JSON, as the kind of work defines it.</param>
public sealed record WorkMessage(string Text)
{
    private readonly TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the work answered.</summary>
    public Task<string> Answered => _answer.Task;

    /// <summary>Answers it; the first answer counts.</summary>
    public void Answer(string text) => _answer.TrySetResult(text);
}
