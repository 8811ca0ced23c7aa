using MistralStudio.Core;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>
/// How positions turn queries and keys (Su et al., RoFormer, 2021), and how the turns are stretched to contexts longer than those trained on:
/// by one factor, by factors of each frequency (Llama 3), or from high frequencies to low (Peng et al., YaRN, 2023). Formulas as in ggml's
/// <c>rope_yarn</c>, so that a GGUF file means the same here.
/// </summary>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="IsInterleaved">True where the file stores the two rows of a rotated pair side by side, false where they are half a head apart.</param>
internal sealed record RotaryEmbedding(double Theta, bool IsInterleaved)
{
    private const double LargestFactor = 1e6;

    /// <summary>What positions are divided by.</summary>
    public double Factor { get; private init; } = 1;

    /// <summary>From which pair the division begins and where it is whole; null divides every pair.</summary>
    public (double First, double Last)? Ramp { get; private init; }

    /// <summary>What queries and keys are multiplied with as they are turned.</summary>
    public double Magnitude { get; private init; } = 1;

    /// <summary>What each pair's frequency is divided by besides; null for nothing.</summary>
    public IReadOnlyList<float>? FrequencyFactors { get; private init; }

    /// <summary>The angle of each pair at position 1.</summary>
    public double[] Frequencies(int headSize)
    {
        var frequencies = new double[headSize / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var trained = Math.Pow(Theta, -2.0 * i / headSize) / (FrequencyFactors?[i] ?? 1);
            var stretched = Ramp is not var (first, last) ? 1 : Math.Clamp((i - first) / Math.Max(0.001, last - first), 0, 1);
            frequencies[i] = (trained / Factor * stretched) + (trained * (1 - stretched));
        }

        return frequencies;
    }

    /// <summary>Reads what a file states; a kind that is not known, or numbers that cannot be, are an <see cref="Error"/>.</summary>
    /// <param name="context">Positions that the model was trained on.</param>
    /// <param name="wrong">Makes the error of a reason.</param>
    public static Result<RotaryEmbedding> Read(GgufFile file, string architecture, int headSize, int context, Func<string, Error> wrong)
    {
        var key = $"{architecture}.rope";
        if (file.Integer($"{key}.dimension_count") is { } rotated && rotated != headSize)
        {
            return wrong("it rotates a part of each head only, which is not supported");
        }

        var theta = file.Real($"{key}.freq_base") ?? 10_000;
        if (!(theta is > 1 and < 1e12))
        {
            return wrong($"its {key}.freq_base is impossible");
        }

        var rotary = new RotaryEmbedding(theta, IsInterleaved: architecture is "llama" or "mistral3");
        if (file.Tensors.TryGetValue("rope_freqs.weight", out var tensor))
        {
            var factors = tensor.Elements == headSize / 2 && Dequantisation.Supports(tensor.Type) ? Dequantisation.Tensor(file, tensor) : [];
            if (factors.Length == 0 || factors.Any(factor => !(factor is > 0 and < (float)LargestFactor)))
            {
                return wrong("its tensor rope_freqs.weight is not one factor above 0 for each rotated pair");
            }

            rotary = rotary with { FrequencyFactors = factors };
        }

        // A factor without a kind divides every position: so files were written before there were kinds.
        var kind = file.Text($"{key}.scaling.type") ?? "linear";
        var factor = file.Real($"{key}.scaling.factor") ?? file.Real($"{key}.scale_linear") ?? 0;
        factor = factor == 0 ? 1 : factor;
        if (!(factor is > 0 and < LargestFactor))
        {
            return wrong($"its {key}.scaling.factor is impossible");
        }

        return kind switch
        {
            "none" => rotary,
            "linear" => rotary with { Factor = factor },
            "yarn" => rotary.Yarn(file, key, headSize, context, factor, wrong),
            _ => wrong($"its rope scaling \"{kind}\" is not supported; none, linear and yarn are"),
        };
    }

    private Result<RotaryEmbedding> Yarn(GgufFile file, string key, int headSize, int context, double factor, Func<string, Error> wrong)
    {
        var original = file.Integer($"{key}.scaling.original_context_length") ?? context;
        var (fast, slow) = (file.Real($"{key}.scaling.yarn_beta_fast") ?? 32, file.Real($"{key}.scaling.yarn_beta_slow") ?? 1);
        var attention = file.Real($"{key}.scaling.attn_factor") ?? file.Real($"{key}.scaling.yarn_attn_factor") ?? 1;
        var all = file.Real($"{key}.scaling.yarn_log_multiplier") ?? 0;
        var mix = file.Real($"{key}.scaling.yarn_ext_factor") ?? 1;
        if (original < 1 || original > 1 << 24 || !(fast is > 0 and < 1e6) || !(slow is > 0 and < 1e6) || !(attention is > 0 and < 1e3) ||
            !(all is >= 0 and < 1e3) || mix is not (1 or -1))
        {
            return wrong($"its {key}.scaling has numbers that YaRN cannot have");
        }

        // The pair that turns so many times within the original context.
        double Pair(double turns) => headSize * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(Theta));
        var ramp = (Math.Max(0, Math.Floor(Pair(fast))), Math.Min(headSize - 1, Math.Ceiling(Pair(slow))));
        double Scale(double multiplier) => factor <= 1 ? 1 : (0.1 * multiplier * Math.Log(factor)) + 1;
        return this with { Factor = factor, Ramp = ramp, Magnitude = attention * Scale(1) / (all > 0 ? Scale(all) : 1) };
    }
}
