using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>How far the documents that were added together have come; fed with what the store says, from the first unfinished one to the last.</summary>
public sealed class IngestionProgress(TimeProvider time)
{
    // Long enough to smooth over batches of vectors, short enough to follow a change of pace.
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(12);

    // An estimate of how a document's time divides: vectors are nearly all of the work. Time left follows the pace seen, not these.
    private const double Parsing = 0.10;
    private const double Splitting = 0.02;
    private const double Embedding = 0.83;

    private readonly Dictionary<DocumentId, KnowledgeDocument> _batch = [];
    private readonly Queue<(long At, double Share, double Passages)> _samples = [];

    /// <summary>Documents that are on their way.</summary>
    public int Working { get; private set; }

    /// <summary>Documents of this batch, finished ones included.</summary>
    public int Total => _batch.Count;

    /// <summary>Share of the whole batch, 0 to 1, weighted by size.</summary>
    public double Share { get; private set; }

    /// <summary>Passages turned into vectors per second over the last seconds; null before there is a rate.</summary>
    public double? PassagesPerSecond { get; private set; }

    /// <summary>Time until the batch is done at the present pace; null before there is a pace.</summary>
    public TimeSpan? Left { get; private set; }

    /// <summary>True while a document is between its upload and its end.</summary>
    public static bool IsWorking(DocumentState state) => state is DocumentState.Stored or DocumentState.Parsing or DocumentState.Splitting
        or DocumentState.Embedding or DocumentState.Indexing or DocumentState.Deleting;

    /// <summary>Takes the documents as they are now.</summary>
    public void Observe(IReadOnlyList<KnowledgeDocument> documents)
    {
        var present = documents.ToDictionary(document => document.Id);
        foreach (var gone in _batch.Keys.Where(id => !present.ContainsKey(id)).ToList())
        {
            _batch.Remove(gone);
        }

        foreach (var document in documents.Where(found => found.State != DocumentState.Deleting && (IsWorking(found.State) || _batch.ContainsKey(found.Id))))
        {
            _batch[document.Id] = document;
        }

        Working = _batch.Values.Count(document => IsWorking(document.State));
        if (Working == 0)
        {
            _batch.Clear();
            _samples.Clear();
            (Share, PassagesPerSecond, Left) = (0, null, null);
            return;
        }

        Share = _batch.Values.Sum(document => document.Bytes * ShareOf(document)) / Math.Max(1, _batch.Values.Sum(document => document.Bytes));
        Measure(_batch.Values.Sum(EmbeddedOf));
    }

    /// <summary>Share of one document's way, 0 to 1.</summary>
    public static double ShareOf(KnowledgeDocument document) => document.State switch
    {
        DocumentState.Parsing => Parsing * document.Progress,
        DocumentState.Splitting => Parsing + (Splitting * document.Progress),
        DocumentState.Embedding => Parsing + Splitting + (Embedding * document.Progress),
        DocumentState.Indexing => Parsing + Splitting + Embedding + ((1 - Parsing - Splitting - Embedding) * document.Progress),
        DocumentState.Indexed or DocumentState.Failed or DocumentState.Cancelled => 1,
        _ => 0,
    };

    private static double EmbeddedOf(KnowledgeDocument document) => document.State switch
    {
        DocumentState.Embedding => document.Passages * document.Progress,
        DocumentState.Indexing or DocumentState.Indexed => document.Passages,
        _ => 0,
    };

    private void Measure(double passages)
    {
        var now = time.GetTimestamp();
        // A document that joined the batch sets the share back; what was measured before it no longer compares.
        if (_samples.Count > 0 && Share < _samples.Last().Share)
        {
            _samples.Clear();
        }

        _samples.Enqueue((now, Share, passages));
        while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > s_window)
        {
            _samples.Dequeue();
        }

        var first = _samples.Peek();
        var seconds = time.GetElapsedTime(first.At, now).TotalSeconds;
        if (seconds < 1)
        {
            (PassagesPerSecond, Left) = (null, null);
            return;
        }

        var made = passages - first.Passages;
        PassagesPerSecond = made > 0 ? made / seconds : null;
        var gained = Share - first.Share;
        Left = gained > 0 ? TimeSpan.FromSeconds((1 - Share) * seconds / gained) : null;
    }
}
