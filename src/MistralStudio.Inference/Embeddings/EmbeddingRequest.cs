namespace MistralStudio.Inference.Embeddings;

/// <summary>The texts of one call, as tokens, and the vectors that are there already. Only the loop that owns the session touches its progress.</summary>
internal sealed class EmbeddingRequest
{
    private readonly TaskCompletionSource<float[][]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[][] _vectors;
    private int _left;

    /// <param name="texts">Tokens of each text.</param>
    public EmbeddingRequest(IReadOnlyList<int[]> texts)
    {
        Tokens = texts.Sum(text => (long)text.Length);
        _vectors = new float[texts.Count][];
        _left = texts.Count;

        // Neighbours in length share a batch, so that little of it is padding.
        Pending = new Queue<EmbeddingItem>(texts.Select((tokens, index) => new EmbeddingItem(this, index, tokens)).OrderByDescending(item => item.Tokens.Length));
    }

    /// <summary>Tokens of all texts.</summary>
    public long Tokens { get; }

    /// <summary>Texts that are in no batch yet, longest first.</summary>
    public Queue<EmbeddingItem> Pending { get; }

    /// <summary>The vectors, in the order of the texts.</summary>
    public Task<float[][]> Completion => _completion.Task;

    /// <summary>Notes a vector; the last one completes the request.</summary>
    public void Set(int index, float[] vector)
    {
        _vectors[index] = vector;
        if (--_left == 0)
        {
            _completion.TrySetResult(_vectors);
        }
    }

    /// <summary>Ends the request; texts that are in no batch yet never will be.</summary>
    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);

    /// <summary>Ends the request with a failure.</summary>
    public void Fail(Exception exception) => _completion.TrySetException(exception);
}

/// <summary>One text of a request.</summary>
internal readonly record struct EmbeddingItem(EmbeddingRequest Request, int Index, int[] Tokens);
