namespace MistralStudio.Core.Models;

/// <summary>How fast models are on this very machine, measured when somebody asks and kept.</summary>
public interface IModelSpeeds
{
    /// <summary>The last measurement of a model; null before the first.</summary>
    ModelSpeed? Find(string model);

    /// <summary>True while a model is being measured.</summary>
    bool IsMeasuring(string model);

    /// <summary>Loads a model if need be and measures it for about ten seconds, beside whatever else runs.</summary>
    Task<Result<ModelSpeed>> MeasureAsync(string model, CancellationToken cancellationToken);
}

/// <summary>A measurement; what a model's task has no figure for is null.</summary>
public sealed record ModelSpeed
{
    public required DateTimeOffset MeasuredAt { get; init; }

    /// <summary>What it was measured on: "16 cores, AVX-512".</summary>
    public required string Machine { get; init; }

    /// <summary>From the request to a loaded model, ms; null where it was loaded before.</summary>
    public double? LoadMs { get; init; }

    /// <summary>Prompt tokens read a second, for <see cref="PrefillLength"/> of them.</summary>
    public double? PrefillTokensPerSecond { get; init; }

    public int? PrefillLength { get; init; }

    /// <summary>Tokens written a second for one conversation.</summary>
    public double? DecodeTokensPerSecond { get; init; }

    /// <summary>Tokens written a second for four conversations together.</summary>
    public double? DecodeFourTokensPerSecond { get; init; }

    /// <summary>Speeds by the length of the conversation, shortest first, as far as the time for measuring reached; empty for what does not chat.</summary>
    public IReadOnlyList<LengthSpeed> Lengths { get; init; } = [];

    /// <summary>Texts of about 100 words turned into vectors, or scored, a second.</summary>
    public double? TextsPerSecond { get; init; }
}

/// <summary>Speeds at one length of the conversation.</summary>
/// <param name="Tokens">Tokens of the prompt.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens read a second.</param>
/// <param name="DecodeTokensPerSecond">Tokens written a second after a prompt of this length, for one conversation.</param>
public sealed record LengthSpeed(int Tokens, double PrefillTokensPerSecond, double DecodeTokensPerSecond);
