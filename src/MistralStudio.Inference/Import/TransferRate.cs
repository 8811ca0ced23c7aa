using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <summary>How far a step has come and how fast it goes: told by the one who works, read by any number of watchers.</summary>
internal sealed class TransferRate(TimeProvider time)
{
    // Long enough to smooth over packets, short enough to follow a change of pace.
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_grain = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Queue<(long At, long Bytes)> _samples = [];
    private long _bytes;
    private long? _total;
    private long _sampledAt;

    /// <summary>A new step.</summary>
    /// <param name="bytes">Bytes that were done before; they count for no rate.</param>
    public void Begin(long bytes, long? total)
    {
        lock (_lock)
        {
            _samples.Clear();
            (_bytes, _total) = (bytes, total);
            Sample(time.GetTimestamp());
        }
    }

    public void Report(long bytes)
    {
        lock (_lock)
        {
            // A server that begins anew sets it back; what was measured before no longer counts.
            if (bytes < _bytes)
            {
                _samples.Clear();
            }

            _bytes = bytes;
            var now = time.GetTimestamp();
            if (_samples.Count == 0 || time.GetElapsedTime(_sampledAt, now) >= s_grain)
            {
                Sample(now);
            }
        }
    }

    /// <summary>The import with the figures of now.</summary>
    public ModelImport AddTo(ModelImport import)
    {
        lock (_lock)
        {
            var first = _samples.Count > 0 ? _samples.Peek() : (At: 0L, Bytes: _bytes);
            var seconds = _samples.Count > 0 ? time.GetElapsedTime(first.At).TotalSeconds : 0;
            double? rate = seconds >= 0.5 && _bytes > first.Bytes ? (_bytes - first.Bytes) / seconds : null;
            return import with
            {
                Bytes = _bytes,
                TotalBytes = _total,
                BytesPerSecond = rate,
                Left = rate is { } pace && _total is { } total ? TimeSpan.FromSeconds(Math.Max(0, total - _bytes) / pace) : null,
            };
        }
    }

    private void Sample(long now)
    {
        _samples.Enqueue((now, _bytes));
        _sampledAt = now;
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > s_window)
        {
            _samples.Dequeue();
        }
    }
}
