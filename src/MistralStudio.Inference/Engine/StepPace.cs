namespace MistralStudio.Inference.Engine;

/// <summary>What an engine's work cost lately, for decisions about the next step. Moving averages: a tenth of the newest each.</summary>
internal sealed class StepPace
{
    private const double Newest = 0.1;

    private double _secondsPerAnswer;

    /// <summary>A decode step, ms; 0 before the first.</summary>
    public double DecodeMs { get; private set; }

    /// <summary>A prompt token of a chunk beside others that decode, ms; 0 before the first.</summary>
    public double PrefillMsPerToken { get; private set; }

    /// <summary>A request from its first prefill to its end, s; null before the first. Read from any thread.</summary>
    public double? SecondsPerAnswer => Volatile.Read(ref _secondsPerAnswer) is > 0 and var seconds ? seconds : null;

    public void NoteDecode(double milliseconds) => DecodeMs = Average(DecodeMs, milliseconds);

    public void NotePrefill(int tokens, double milliseconds) => PrefillMsPerToken = Average(PrefillMsPerToken, milliseconds / tokens);

    public void NoteAnswer(double seconds) => Volatile.Write(ref _secondsPerAnswer, Average(_secondsPerAnswer, Math.Max(seconds, 1e-6)));

    private static double Average(double known, double newest) => known == 0 ? newest : known + (Newest * (newest - known));
}
