using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Tests.Playground.Help;

/// <summary>A model that writes what a test said, one text after the other.</summary>
internal sealed class ScriptedWriter : IModelWriter
{
    private readonly Queue<Func<WritingTask, CancellationToken, Task<Result<WrittenText>>>> _next = new();
    private readonly List<WritingTask> _tasks = [];

    /// <summary>What it was asked so far.</summary>
    public IReadOnlyList<WritingTask> Tasks => _tasks;

    public void Says(string text, bool isCut = false) => _next.Enqueue((task, _) =>
    {
        task.OnText?.Invoke(text);
        return Task.FromResult<Result<WrittenText>>(new WrittenText(text, isCut, 10, 5));
    });

    public void Fails(Error error) => _next.Enqueue((_, _) => Task.FromResult<Result<WrittenText>>(error));

    /// <summary>Begins to write and goes on until it is stopped; gives whether it was.</summary>
    public Going Waits(string begin)
    {
        var going = new Going();
        _next.Enqueue(async (task, cancellationToken) =>
        {
            going.Stop = cancellationToken;
            task.OnText?.Invoke(begin);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return ModelErrors.EmptyPrompt();
        });
        return going;
    }

    public Task<Result<WrittenText>> WriteAsync(WritingTask task, CancellationToken cancellationToken)
    {
        _tasks.Add(task);
        return _next.Dequeue()(task, cancellationToken);
    }

    internal sealed class Going
    {
        public CancellationToken Stop { get; set; }

        public bool IsCancellationRequested() => Stop.IsCancellationRequested;
    }
}
