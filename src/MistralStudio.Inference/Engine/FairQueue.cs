using System.Diagnostics.CodeAnalysis;

namespace MistralStudio.Inference.Engine;

/// <summary>
/// First come, first served within a client, and the clients take turns: who sends a hundred requests waits for his own, not others for him.
/// Plain data, for one thread.
/// </summary>
internal sealed class FairQueue<T>
    where T : class
{
    private readonly Dictionary<string, LinkedList<T>> _waiting = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _turns = new();

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of one client wait.</summary>
    public int CountOf(string client) => _waiting.TryGetValue(client, out var own) ? own.Count : 0;

    /// <summary>A client that had none waiting comes behind those that have.</summary>
    public void Add(string client, T item)
    {
        if (!_waiting.TryGetValue(client, out var own))
        {
            own = _waiting[client] = new();
            _turns.AddLast(client);
        }

        own.AddLast(item);
        Count++;
    }

    /// <summary>The next one of the client whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out T? item)
    {
        if (_turns.First is not { } turn)
        {
            item = null;
            return false;
        }

        _turns.RemoveFirst();
        var own = _waiting[turn.Value];
        item = own.First!.Value;
        own.RemoveFirst();
        Count--;
        if (own.Count > 0)
        {
            _turns.AddLast(turn);
        }
        else
        {
            _waiting.Remove(turn.Value);
        }

        return true;
    }

    /// <summary>Takes one out that does not want to wait any more; false where it is not there.</summary>
    public bool Remove(string client, T item)
    {
        if (!_waiting.TryGetValue(client, out var own) || !own.Remove(item))
        {
            return false;
        }

        Count--;
        if (own.Count == 0)
        {
            _waiting.Remove(client);
            _turns.Remove(client);
        }

        return true;
    }
}
