namespace MistralStudio.Retrieval.Index;

/// <summary>The best of many scored rows: a heap with the worst of them on top.</summary>
internal sealed class TopRows(int capacity)
{
    private readonly PriorityQueue<long, float> _heap = new(capacity);

    /// <summary>A score must be above this to get in.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    /// <summary>Whether it holds as many as it may: rows may have been left out.</summary>
    public bool IsFull => _heap.Count == capacity;

    public void Add(long row, float score)
    {
        // Also false for NaN.
        if (!(score > Threshold))
        {
            return;
        }

        if (_heap.Count < capacity)
        {
            _heap.Enqueue(row, score);
        }
        else
        {
            _heap.EnqueueDequeue(row, score);
        }

        if (_heap.Count == capacity && _heap.TryPeek(out _, out var worst))
        {
            Threshold = worst;
        }
    }

    public void Add(TopRows other)
    {
        foreach (var (row, score) in other._heap.UnorderedItems)
        {
            Add(row, score);
        }
    }

    /// <summary>Rows and scores in no order.</summary>
    public IEnumerable<(long Row, float Score)> Items => _heap.UnorderedItems;
}
