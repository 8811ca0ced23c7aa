using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>Tells the store how far a stage has come, at most five times a second.</summary>
internal sealed class ProgressReport(IPassageStore store, DocumentId document, TimeProvider time)
{
    /// <summary>The shortest time between two reports.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _last = time.GetTimestamp();
    private double _shown;

    public async Task ShowAsync(double progress, CancellationToken cancellationToken)
    {
        if (progress > _shown && time.GetElapsedTime(_last) >= Interval)
        {
            _last = time.GetTimestamp();
            _shown = progress;
            await store.ReportProgressAsync(document, progress, cancellationToken);
        }
    }
}
