namespace MistralStudio.Inference.Tests.Engine;

/// <summary>Holds an engine's steps back until it is opened or its test ends.</summary>
internal sealed class StepGate : IDisposable
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _open = new();

    public StepGate(HistoryDecoder decoder) => decoder.BeforeStep = _ =>
    {
        _arrived.TrySetResult();
        _open.Wait();
    };

    /// <summary>Completes when a step waits.</summary>
    public Task Arrived => _arrived.Task;

    public void Open() => _open.Set();

    // Not disposed of: a step may be about to wait.
    public void Dispose() => Open();
}
