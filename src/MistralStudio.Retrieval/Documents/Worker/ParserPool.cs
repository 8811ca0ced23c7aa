using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Tables;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>
/// The children that read documents: as many as the settings allow, started when there is work, kept warm while there is more, let go when there
/// is none. One that misbehaves is replaced.
/// </summary>
internal sealed class ParserPool : IDisposable
{
    // Whatever a child lost on the way, it starts anew after so many documents.
    private const int LongestService = 200;

    private static readonly TimeSpan s_warm = TimeSpan.FromSeconds(30);

    private readonly ParserLaunch _launch;
    private readonly KnowledgeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ParserPool> _log;
    private readonly SemaphoreSlim _turn;
    private readonly Lock _gate = new();
    private readonly Stack<ParserProcess> _idle = [];
    private readonly ITimer _release;
    private bool _ended;

    public ParserPool(ParserLaunch launch, IOptions<KnowledgeOptions> options, TimeProvider time, ILogger<ParserPool> log)
    {
        (_launch, _options, _time, _log) = (launch, options.Value, time, log);
        _turn = new SemaphoreSlim(_options.Parsers > 0 ? _options.Parsers : Math.Max(1, Environment.ProcessorCount / 2));
        _release = time.CreateTimer(_ => ReleaseIdle(), null, s_warm, s_warm);
    }

    /// <summary>Children that wait for work.</summary>
    public int Idle
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Reads a document in a child.</summary>
    public Task<Result<ExtractedText>> ReadAsync(byte[] content, string name, Action<double> progress, CancellationToken cancellationToken) => InChildAsync(
        (child, limits) => child.ReadAsync(content, name, limits, progress, cancellationToken),
        () => FormatDetection.Detect(content.AsSpan(0, Math.Min(content.Length, FormatDetection.HeadBytes)), name).Value.ToString(),
        cancellationToken);

    /// <summary>Reads a table in a child.</summary>
    /// <param name="content">From its beginning, again where a child was ended from outside.</param>
    /// <param name="rows">Emptied, then filled.</param>
    public Task<Result<TableShape>> ReadTableAsync(Stream content, string name, TableRequest table, Stream rows, CancellationToken cancellationToken) => InChildAsync(
        (child, limits) =>
        {
            content.Position = 0;
            rows.SetLength(0);
            return child.ReadTableAsync(content, name, table, limits, rows, cancellationToken);
        },
        () => table.Format.ToString(),
        cancellationToken);

    private async Task<Result<T>> InChildAsync<T>(Func<ParserProcess, ParseLimits, Task<Result<T>?>> read, Func<string> format, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var limits = ParseLimits.From(_options);
            while (Rent() is { } child)
            {
                var wasWarm = child.Served > 0;
                Result<T>? result;
                try
                {
                    result = await read(child, limits);
                }
                finally
                {
                    Return(child);
                }

                if (result is { } outcome)
                {
                    return outcome;
                }

                // A warm one may have been ended from outside between two documents; a fresh one fell over this one.
                if (!wasWarm)
                {
                    Log.ParserEnded(_log, format());
                    return DocumentErrors.Unreadable();
                }
            }

            Log.ParserUnavailable(_log, _launch.Program);
            return DocumentErrors.ParserUnavailable();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            while (_idle.TryPop(out var child))
            {
                child.Dispose();
            }
        }

        _release.Dispose();
        _turn.Dispose();
    }

    private ParserProcess? Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out var warm))
            {
                return warm;
            }
        }

        return ParserProcess.Start(_launch, _options.ParserMemoryBytes);
    }

    private void Return(ParserProcess child)
    {
        lock (_gate)
        {
            if (child.IsAlive && child.Served < LongestService && !_ended)
            {
                child.IdleSince = _time.GetTimestamp();
                _idle.Push(child);
                return;
            }
        }

        child.Dispose();
    }

    private void ReleaseIdle()
    {
        lock (_gate)
        {
            var kept = _idle.Where(child => _time.GetElapsedTime(child.IdleSince) < s_warm).Reverse().ToList();
            foreach (var cold in _idle.Except(kept).ToList())
            {
                cold.Dispose();
            }

            _idle.Clear();
            kept.ForEach(_idle.Push);
        }
    }
}
