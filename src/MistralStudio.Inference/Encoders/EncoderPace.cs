namespace MistralStudio.Inference.Encoders;

/// <summary>How much of the processor an encoder's work that can wait takes beside an answer. Pure.</summary>
internal static class EncoderPace
{
    /// <summary>Most tokens of such a batch, padding included: a step of the answer waits for it, or runs beside it at half its speed.</summary>
    public const int BesideTokens = 256;

    // Measured: an answer keeps seven tenths of its speed and more, and an ingestion goes on.
    private const double RestPerWork = 1.5;

    // One long text must not stop an ingestion for seconds.
    private static readonly TimeSpan s_longestRest = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to leave the processor alone after a batch that took so long.</summary>
    public static TimeSpan RestAfter(TimeSpan batch) => batch * RestPerWork is var rest && rest < s_longestRest ? rest : s_longestRest;
}
