using System.Numerics.Tensors;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>Compares what two models expect next.</summary>
internal static class Distributions
{
    /// <summary>Natural logarithms of the probabilities.</summary>
    public static double[] LogProbabilities(ReadOnlySpan<float> logits)
    {
        var most = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - most);
        }

        var result = new double[logits.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = logits[i] - most - Math.Log(sum);
        }

        return result;
    }

    /// <summary>Kullback-Leibler divergence of the second distribution from the first, nats.</summary>
    public static double Divergence(ReadOnlySpan<float> reference, ReadOnlySpan<float> other)
    {
        var (p, q) = (LogProbabilities(reference), LogProbabilities(other));
        double sum = 0;
        for (var i = 0; i < p.Length; i++)
        {
            sum += Math.Exp(p[i]) * (p[i] - q[i]);
        }

        return sum;
    }
}
