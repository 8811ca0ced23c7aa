using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Data.Prompts;

/// <summary>
/// Counts calls of prompts in memory and writes the sums every few seconds, when they are read, and at the end: a call costs a number, not a
/// write. What a killed process had counted since is lost; it is statistics.
/// </summary>
internal sealed partial class PromptCallCounts(IDbContextFactory<StudioDbContext> contexts, TimeProvider time, ILoggerFactory? loggers = null) : BackgroundService
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = loggers?.CreateLogger<PromptCallCounts>() ?? (ILogger)NullLogger.Instance;
    private readonly Lock _guard = new();
    // Has no handle that would have to be disposed of, and a host may stop its services after it disposed of them.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private Dictionary<CallKey, long> _counted = [];

    public void Add(CallKey key)
    {
        lock (_guard)
        {
            _counted[key] = _counted.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>Writes what was counted; after it a reader sees every call that was counted before.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            Dictionary<CallKey, long> counted;
            lock (_guard)
            {
                (counted, _counted) = (_counted, []);
            }

            if (counted.Count > 0)
            {
                await WriteAsync(counted, cancellationToken);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryKeepAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_pace, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryKeepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // the studio stops; StopAsync writes the rest
        }
    }

    private async Task TryKeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await KeepAsync(cancellationToken);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            Failed(failed);
        }
    }

    private async Task WriteAsync(Dictionary<CallKey, long> counted, CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var prompts = counted.Keys.Select(key => key.Prompt).Distinct().ToList();
            var there = (await context.Prompts.Where(row => prompts.Contains(row.Id)).Select(row => row.Id).ToListAsync(cancellationToken)).ToHashSet();
            foreach (var (key, count) in counted.Where(one => there.Contains(one.Key.Prompt)))
            {
                // The transaction holds off other writers: what is not there will not be made by another meanwhile.
                var added = await context.PromptCalls
                    .Where(row => row.PromptId == key.Prompt && row.Day == key.Day && row.Version == key.Version && row.Detail == key.Detail && row.Client == key.Client)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.Count, row => row.Count + count), cancellationToken);
                if (added == 0)
                {
                    context.PromptCalls.Add(new PromptCallRow { PromptId = key.Prompt, Day = key.Day, Version = key.Version, Detail = key.Detail, Client = key.Client, Count = count });
                }
            }

            await context.SaveChangesAsync(cancellationToken);
            var oldest = counted.Keys.Max(key => key.Day) - IPromptUses.Days;
            await context.PromptCalls.Where(row => row.Day < oldest).ExecuteDeleteAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch
        {
            lock (_guard)
            {
                foreach (var (key, count) in counted)
                {
                    _counted[key] = _counted.GetValueOrDefault(key) + count;
                }
            }

            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Calls of prompts could not be written; they are kept in memory and tried again.")]
    private partial void Failed(Exception exception);

    /// <summary>What is counted apart.</summary>
    internal readonly record struct CallKey(PromptId Prompt, int Version, string Detail, Guid Client, int Day);
}
