namespace MistralStudio.Inference.Engine;

/// <summary>
/// Whether any engine of the process is at an answer: work that can wait (the passages of an ingestion) leaves most of the processor to it then.
/// </summary>
internal sealed class DecodeActivity
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _idle = Completed();
    private int _engines;

    /// <summary>Whether an answer is being computed.</summary>
    public bool IsBusy => Volatile.Read(ref _engines) > 0;

    /// <summary>Completes when none is any more.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _idle.Task;
            }
        }
    }

    /// <summary>An engine begins with answers.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_engines++ == 0)
            {
                _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>An engine has no answer left.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (--_engines == 0)
            {
                _idle.TrySetResult();
            }
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
