namespace MistralStudio.Inference.Encoders;

/// <summary>The texts of one call, as tokens, and the results that are there already. Only the loop that owns the session touches its progress.</summary>
internal sealed class EncoderRequest
{
    private readonly TaskCompletionSource<float[][]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[][] _results;
    private int _left;

    /// <param name="rows">What to read.</param>
    /// <param name="canWait">Whether nobody sits before it.</param>
    public EncoderRequest(IReadOnlyList<EncoderRow> rows, bool canWait = false)
    {
        CanWait = canWait;
        Tokens = rows.Sum(row => (long)row.Tokens.Length);
        _results = new float[rows.Count][];
        _left = rows.Count;

        // Neighbours in length share a batch, so that little of it is padding.
        Pending = new Queue<EncoderItem>(rows.Select((row, index) => new EncoderItem(this, index, row)).OrderByDescending(item => item.Row.Tokens.Length));
    }

    /// <summary>Whether nobody sits before it: it counts as large, however little it is.</summary>
    public bool CanWait { get; }

    /// <summary>Tokens of all texts.</summary>
    public long Tokens { get; }

    /// <summary>Texts that are in no batch yet, longest first.</summary>
    public Queue<EncoderItem> Pending { get; }

    /// <summary>The results, in the order of the rows.</summary>
    public Task<float[][]> Completion => _completion.Task;

    /// <summary>Notes a result; the last one completes the request.</summary>
    public void Set(int index, float[] result)
    {
        _results[index] = result;
        if (--_left == 0)
        {
            _completion.TrySetResult(_results);
        }
    }

    /// <summary>Ends the request; texts that are in no batch yet never will be.</summary>
    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);

    /// <summary>Ends the request with a failure.</summary>
    public void Fail(Exception exception) => _completion.TrySetException(exception);
}

/// <summary>One text of a request.</summary>
internal readonly record struct EncoderItem(EncoderRequest Request, int Index, EncoderRow Row);
