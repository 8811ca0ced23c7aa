namespace MistralStudio.Inference.Encoders;

/// <summary>
/// Which texts an encoder reads next. Texts of small requests (a search query) go before those of large ones (a document's passages), so a query
/// waits for one batch at most; every <see cref="SmallTurns"/> turns the large ones get one, so that queries cannot starve them. Large requests
/// take turns. Plain data, for one owner.
/// </summary>
/// <param name="batchTokens">Most tokens of a batch, padding included; a longer text is a batch alone.</param>
internal sealed class EncoderQueue(int batchTokens)
{
    /// <summary>Tokens of a request that still counts as small.</summary>
    public const int SmallTokens = 512;

    /// <summary>Batches of small requests in a row while large ones wait.</summary>
    public const int SmallTurns = 16;

    private readonly Queue<EncoderItem> _small = new();
    private readonly Queue<EncoderRequest> _large = new();
    private int _smallInARow;

    /// <summary>Adds a request.</summary>
    public void Add(EncoderRequest request)
    {
        if (IsLarge(request))
        {
            _large.Enqueue(request);
            return;
        }

        while (request.Pending.TryDequeue(out var item))
        {
            _small.Enqueue(item);
        }
    }

    /// <summary>Whether a request goes after small ones.</summary>
    public static bool IsLarge(EncoderRequest request) => request.CanWait || request.Tokens > SmallTokens;

    /// <summary>Whether a large request waits.</summary>
    public bool HasLarge => _large.Count > 0;

    /// <summary>Takes the texts of the next batch; none where nothing waits. Texts of requests that were cancelled or failed are dropped.</summary>
    /// <param name="largeTokens">Most tokens of a batch of a large request, if less than of others; 0 takes small requests alone.</param>
    public List<EncoderItem> TakeBatch(int? largeTokens = null)
    {
        var mayLarge = _large.Count > 0 && largeTokens != 0;
        var large = mayLarge && (_small.Count == 0 || _smallInARow >= SmallTurns);
        var batch = large ? TakeLarge(Math.Min(largeTokens ?? batchTokens, batchTokens)) : Take(_small, batchTokens);
        _smallInARow = large ? 0 : _smallInARow + 1;
        return batch.Count == 0 && (_small.Count > 0 || (_large.Count > 0 && largeTokens != 0)) ? TakeBatch(largeTokens) : batch;
    }

    private List<EncoderItem> TakeLarge(int tokens)
    {
        var request = _large.Dequeue();
        var batch = Take(request.Pending, tokens);
        if (request.Pending.Count > 0)
        {
            _large.Enqueue(request);
        }

        return batch;
    }

    private static List<EncoderItem> Take(Queue<EncoderItem> items, int most)
    {
        var batch = new List<EncoderItem>();
        var longest = 0;
        while (items.TryPeek(out var item))
        {
            if (item.Request.Completion.IsCompleted)
            {
                items.Dequeue();
                continue;
            }

            longest = Math.Max(longest, item.Row.Tokens.Length);
            if (batch.Count > 0 && longest * (batch.Count + 1) > most)
            {
                break;
            }

            batch.Add(items.Dequeue());
        }

        return batch;
    }
}
