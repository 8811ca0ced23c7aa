namespace MistralStudio.Inference.Sampling;

/// <summary>How the next token is drawn from the model's logits.</summary>
internal sealed record SamplingOptions
{
    /// <summary>0 takes the likeliest token; above 0 to 2 flattens the distribution.</summary>
    public float Temperature { get; init; } = 0.7f;

    /// <summary>Keeps the likeliest tokens; 0 keeps all.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keeps the smallest set of tokens with this probability together (Holtzman et al. 2019, nucleus sampling).</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keeps tokens with at least this share of the likeliest one's probability; 0 keeps all.</summary>
    public float MinP { get; init; }

    /// <summary>
    /// Keeps the tokens whose information is closest to the expected one, with this probability together (Meister et al. 2022, locally typical
    /// sampling); 1 keeps all.
    /// </summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>Added to the logits of tokens, by token id.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>Divides positive and multiplies negative logits of tokens seen before (Keskar et al. 2019, CTRL); 1 changes nothing.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from a token's logit for each time it was written.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted from a token's logit once it was written.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Same request and seed: same text. Null draws another one each time.</summary>
    public long? Seed { get; init; }
}
