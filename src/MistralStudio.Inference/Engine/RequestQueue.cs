using System.Threading.Channels;

namespace MistralStudio.Inference.Engine;

/// <summary>
/// Where requests wait for the loop. Admission and leaving happen on the callers' threads, so that a full queue is known at once and who leaves
/// makes place at once; the lock is held for that alone.
/// </summary>
/// <param name="share">Requests of one client that may wait.</param>
/// <param name="slots">Conversations that can run together.</param>
internal sealed class RequestQueue(int share, int slots)
{
    private readonly Lock _lock = new();
    private readonly FairQueue<Generation> _waiting = new();
    private readonly Channel<bool> _came = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly int _slots = slots;
    private int _freeSlots = slots;
    private bool _isClosed;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Lets a request wait if it may; null where the queue is closed.</summary>
    public Admission? Add(Generation generation, double? secondsPerAnswer)
    {
        var client = generation.Request.Client;
        lock (_lock)
        {
            if (_isClosed)
            {
                return null;
            }

            var admission = Admission.Decide(new EngineLoad(_waiting.Count, _waiting.CountOf(client), _freeSlots, _slots, secondsPerAnswer), share);
            if (!admission.IsAdmitted)
            {
                return admission;
            }

            _waiting.Add(client, generation);
        }

        _came.Writer.TryWrite(true);
        return new(true, TimeSpan.Zero);
    }

    /// <summary>Begins the next request that still wants an answer; null where none waits.</summary>
    public Generation? Begin()
    {
        lock (_lock)
        {
            while (_waiting.TryTake(out var next))
            {
                if (next.TryBegin())
                {
                    _freeSlots = Math.Max(0, _freeSlots - 1);
                    return next;
                }
            }
        }

        return null;
    }

    /// <summary>Takes a request out that was cancelled while it waited.</summary>
    public void Leave(Generation generation)
    {
        lock (_lock)
        {
            _waiting.Remove(generation.Request.Client, generation);
        }

        generation.TryLeave();
    }

    /// <summary>Waits for a request.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (Count == 0)
        {
            await _came.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>The loop says how many conversations could begin now.</summary>
    public void NoteFree(int freeSlots)
    {
        lock (_lock)
        {
            _freeSlots = freeSlots;
        }
    }

    /// <summary>Takes no more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }
}
