using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

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
    public async Task<Result<ExtractedText>> ReadAsync(byte[] content, string name, Action<double> progress, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var limits = ParseLimits.From(_options);
            while (Rent() is { } child)
            {
                var wasWarm = child.Served > 0;
                var result = await ReadAsync(child, content, name, limits, progress, cancellationToken);
                if (result is { } read)
                {
                    return read;
                }

                // A warm one may have been ended from outside between two documents; a fresh one fell over this one.
                if (!wasWarm)
                {
                    Log.ParserEnded(_log, FormatDetection.Detect(content.AsSpan(0, Math.Min(content.Length, FormatDetection.HeadBytes)), name).Value);
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

    private async Task<Result<ExtractedText>?> ReadAsync(
        ParserProcess child, byte[] content, string name, ParseLimits limits, Action<double> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await child.ReadAsync(content, name, limits, progress, cancellationToken);
        }
        finally
        {
            Return(child);
        }
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
