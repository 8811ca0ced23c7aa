using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Work;

namespace MistralStudio.Cluster.Tests;

public sealed class WorkOwnerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_RunsTheWorkOnce_WhenItIsStartedTwice()
    {
        var executor = new ScriptedExecutor();
        using var host = await StartAsync(executor);
        var owner = host.Services.GetRequiredService<IWorkOwner>();

        await owner.StartAsync(new("scripted", "a"), Token);
        await executor.Began("a");
        await owner.StartAsync(new("scripted", "a"), Token);
        Assert.Equal(1, executor.Running);
        executor.Finish("a");
        await executor.Ended("a");

        await host.StopAsync(Token);
        Assert.Equal(1, executor.MostRunning);
    }

    [Fact]
    public async Task Signal_ReachesRunningWork_AndSaysWhereNothingRuns()
    {
        var executor = new ScriptedExecutor();
        using var host = await StartAsync(executor);
        var owner = host.Services.GetRequiredService<IWorkOwner>();

        Assert.False(await owner.SignalAsync(new("scripted", "a"), "cancel", Token));
        await owner.StartAsync(new("scripted", "a"), Token);
        await executor.Began("a");
        Assert.True(await owner.SignalAsync(new("scripted", "a"), "cancel", Token));
        await executor.Ended("a");
        Assert.Contains("a", executor.Cancelled);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task AQuestion_StartsTheWork_AndIsAnswered_EvenBetweenTwoRunsOfIt()
    {
        var executor = new AnsweringExecutor();
        using var host = await StartAsync(executor);
        var owner = host.Services.GetRequiredService<IWorkOwner>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            if (i % 3 == 0)
            {
                await owner.StartAsync(new("answering", $"{i % 7}"), Token);
            }

            return await owner.AskAsync(new("answering", $"{i % 7}"), $"{i}", Token).WaitAsync(s_limit, Token);
        }));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i} heard"), answers);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task AFault_IsTriedAgain()
    {
        var executor = new ScriptedExecutor { FaultsBeforeSuccess = 2 };
        using var host = await StartAsync(executor, new WorkLimits { FirstRetry = TimeSpan.FromMilliseconds(1) });
        await host.Services.GetRequiredService<IWorkOwner>().StartAsync(new("scripted", "a"), Token);
        await executor.Began("a");
        executor.Finish("a");
        await executor.Ended("a");
        Assert.Equal(3, executor.Attempts);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task UnfinishedWork_GoesOn_WhenTheProcessStarts()
    {
        var executor = new ScriptedExecutor { Unfinished = ["a", "b"] };
        using var host = await StartAsync(executor);
        await executor.Began("a");
        await executor.Began("b");
        executor.Finish("a");
        executor.Finish("b");
        await executor.Ended("b");
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task Stop_CancelsRunningWork_AndWaitsForIt()
    {
        var executor = new ScriptedExecutor();
        using var host = await StartAsync(executor);
        await host.Services.GetRequiredService<IWorkOwner>().StartAsync(new("scripted", "a"), Token);
        await executor.Began("a");
        await host.StopAsync(Token);
        Assert.Equal(0, executor.Running);
        Assert.Contains("a", executor.Stopped);
    }

    [Fact]
    public async Task NoMoreThanTheLimit_RunsAtOnce()
    {
        var executor = new ScriptedExecutor { Unfinished = [.. Enumerable.Range(0, 20).Select(i => $"{i}")] };
        foreach (var id in executor.Unfinished)
        {
            executor.Finish(id);
        }

        using var host = await StartAsync(executor);
        foreach (var id in executor.Unfinished)
        {
            await executor.Ended(id);
        }

        Assert.InRange(executor.MostRunning, 1, 2);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task UnknownKinds_AreRefused()
    {
        using var host = await StartAsync(new ScriptedExecutor());
        await Assert.ThrowsAsync<ArgumentException>(() => host.Services.GetRequiredService<IWorkOwner>().StartAsync(new("nothing", "a"), Token));
        await host.StopAsync(Token);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(5, 32)]
    [InlineData(20, 300)]
    [InlineData(5000, 300)]
    public void RetryAfter_DoublesUpToTheLongest(int faults, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new WorkLimits().RetryAfter(faults));

    private static async Task<IHost> StartAsync(IWorkExecutor executor, WorkLimits? limits = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(executor);
        builder.AddCluster(limits);
        var host = builder.Build();
        var begin = Stopwatch.GetTimestamp();
        await host.StartAsync(Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"Started in {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:N0} ms.");
        return host;
    }

    // Answers what there is, and is done.
    private sealed class AnsweringExecutor : IWorkExecutor
    {
        public string Kind => "answering";

        public int? Places => 16;

        public Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

        public Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
        {
            while (signals.Messages.TryRead(out var asked))
            {
                asked.Answer($"{asked.Text} heard");
            }

            return Task.CompletedTask;
        }
    }

    private sealed class ScriptedExecutor : IWorkExecutor
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _began = new();
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _finish = new();
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _ended = new();
        private int _attempts;
        private int _running;
        private int _mostRunning;

        public string Kind => "scripted";

        public IReadOnlyList<string> Unfinished { get; init; } = [];

        public int FaultsBeforeSuccess { get; init; }

        public int Attempts => _attempts;

        public int Running => _running;

        public int MostRunning => _mostRunning;

        public ConcurrentBag<string> Cancelled { get; } = [];

        public ConcurrentBag<string> Stopped { get; } = [];

        public Task Began(string id) => Source(_began, id).Task.WaitAsync(s_limit);

        public Task Ended(string id) => Source(_ended, id).Task.WaitAsync(s_limit);

        public void Finish(string id) => Source(_finish, id).TrySetResult();

        public Task<IReadOnlyList<string>> ListUnfinishedAsync(CancellationToken cancellationToken) => Task.FromResult(Unfinished);

        public async Task ExecuteAsync(WorkKey work, IWorkSignals signals, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _attempts) <= FaultsBeforeSuccess)
            {
                throw new InvalidOperationException("scripted fault");
            }

            var running = Interlocked.Increment(ref _running);
            InterlockedMax(ref _mostRunning, running);
            Source(_began, work.Id).TrySetResult();
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, signals.Token("cancel"));
                await Source(_finish, work.Id).Task.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (signals.Token("cancel").IsCancellationRequested)
            {
                Cancelled.Add(work.Id);
            }
            catch (OperationCanceledException)
            {
                Stopped.Add(work.Id);
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref _running);
                Source(_ended, work.Id).TrySetResult();
            }
        }

        private static void InterlockedMax(ref int target, int value)
        {
            for (var seen = target; value > seen; seen = target)
            {
                Interlocked.CompareExchange(ref target, value, seen);
            }
        }

        private static TaskCompletionSource Source(ConcurrentDictionary<string, TaskCompletionSource> sources, string id) =>
            sources.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
