namespace MistralStudio.Inference.Engine;

/// <summary>How busy an engine is at the moment when a request comes.</summary>
/// <param name="Waiting">Requests in the queue.</param>
/// <param name="WaitingOfClient">Those of the client that asks.</param>
/// <param name="FreeSlots">Conversations that could begin at once.</param>
/// <param name="Slots">Conversations that can run together.</param>
/// <param name="SecondsPerAnswer">What a request took lately from its first prefill to its end; null before the first one ended.</param>
internal readonly record struct EngineLoad(int Waiting, int WaitingOfClient, int FreeSlots, int Slots, double? SecondsPerAnswer);

/// <summary>Whether a request may wait.</summary>
/// <param name="RetryAfter">Where not: when to try again.</param>
internal readonly record struct Admission(bool IsAdmitted, TimeSpan RetryAfter)
{
    /// <summary>
    /// Clients whose whole share fits into the queue: as long as fewer fill theirs, one that comes later finds place.
    /// </summary>
    public const int Shares = 8;

    private const double UnknownSeconds = 2;
    private const double MostSeconds = 60;

    /// <summary>Decides over plain data.</summary>
    /// <param name="share">Requests of one client that may wait; <see cref="Shares"/> times as many of all.</param>
    public static Admission Decide(in EngineLoad load, int share)
    {
        // Slots that are free take the first of the queue within the next step: those do not wait.
        var ofClient = load.WaitingOfClient < share + load.FreeSlots;
        var ofAll = load.Waiting < (share * Shares) + load.FreeSlots;
        return ofClient && ofAll ? new(true, TimeSpan.Zero) : new(false, TimeToRetry(load));
    }

    // A quarter of the queue will have begun by then: sooner most would come in vain, later the slots might run dry.
    private static TimeSpan TimeToRetry(in EngineLoad load)
    {
        var seconds = load.SecondsPerAnswer is { } each ? each / load.Slots * Math.Max(1, load.Waiting / 4.0) : UnknownSeconds;
        return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), 1, MostSeconds));
    }
}
