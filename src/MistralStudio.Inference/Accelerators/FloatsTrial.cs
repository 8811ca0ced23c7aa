using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MistralStudio.Core;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Accelerators;

/// <summary>
/// A model's answers in float16 beside those in float32: numbers beyond 65,504 become infinite in float16, some checkpoints have such, and a
/// device may compute it wrong.
/// </summary>
internal static class FloatsTrial
{
    /// <summary>Nats between the two at any of the positions. Rounding alone is about a hundredth of it, a wrong kernel or an overflow ten times.</summary>
    public const double MostDivergence = 0.05;

    private const string AnswersName = "answers.float32";
    private const int Version = 1;

    /// <summary>Long enough that a device takes its operators for long prompts.</summary>
    private const int Prompt = 40;

    private const int Steps = 4;

    /// <summary>Logits after a prompt and after each of a few tokens more, <c>[1 + steps, vocabulary]</c>. Overwrites slot 0.</summary>
    public static float[] Run(IDecoder decoder, int vocabulary)
    {
        int[] tokens = [.. Enumerable.Range(0, Length(decoder.Capacity)).Select(i => (int)(((i * 7919L) + 3) % vocabulary))];
        var prompt = tokens.Length - Steps;
        var logits = new float[(Steps + 1) * vocabulary];
        decoder.Prefill(slot: 0, tokens.AsSpan(0, prompt), position: 0, wantLogits: true).CopyTo(logits);
        for (var i = 0; i < Steps; i++)
        {
            decoder.Decode([tokens[prompt + i]], [prompt + i]).CopyTo(logits.AsSpan((i + 1) * vocabulary));
        }

        return logits;
    }

    /// <summary>
    /// What <see cref="Run"/> gives in float32 on the processor. Computed once for a model and kept beside what is compiled of it: a load compares
    /// with it, and need not hold the model twice.
    /// </summary>
    /// <param name="contentHash">SHA-256 of the file.</param>
    public static Result<float[]> Expected(GgufFile file, DecoderShape shape, string contentHash, int capacity, int threads, GraphCache compiled)
    {
        if (DecoderTensors.Check(file, shape) is { } error)
        {
            return error;
        }

        var folder = compiled.GetOrBuild(contentHash, $"float32-answers-{Version}:{Length(capacity)}", target =>
        {
            // The graph is not kept: where all goes well nobody asks for it again.
            var apart = Path.Combine(target, "graph");
            var graph = DecoderCompiler.Compile(file, shape, contentHash, Length(capacity), DecoderForm.Device, new GraphCache(apart)).Value;
            using (var decoder = new OnnxDecoder(graph, shape, slots: 1, Length(capacity), threads))
            {
                File.WriteAllBytes(Path.Combine(target, AnswersName), MemoryMarshal.AsBytes<float>(Run(decoder, shape.Vocabulary)));
            }

            Directory.Delete(apart, recursive: true);
        });
        return MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, AnswersName))).ToArray();
    }

    /// <summary>Why a model is not computed in float16; null where it is.</summary>
    /// <param name="device">For a person.</param>
    /// <param name="expected">Logits in float32, <c>[positions, vocabulary]</c>.</param>
    /// <param name="found">The same in float16.</param>
    /// <param name="isForced">True takes any answer that is made of numbers.</param>
    public static Error? Judge(string device, ReadOnlySpan<float> expected, ReadOnlySpan<float> found, int vocabulary, bool isForced)
    {
        if (!TensorPrimitives.IsFiniteAll(found))
        {
            return AcceleratorErrors.HalfRefused(device, "its answers are no numbers in float16");
        }

        var divergence = Divergence(expected, found, vocabulary);
        return divergence <= MostDivergence || isForced
            ? null
            : AcceleratorErrors.HalfRefused(device, FormattableString.Invariant($"its answers are off by {divergence:F3} nats in float16"));
    }

    /// <summary>The largest Kullback-Leibler divergence at any position, nats; infinite where one is no number.</summary>
    public static double Divergence(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, int vocabulary)
    {
        var most = 0.0;
        for (var start = 0; start < expected.Length; start += vocabulary)
        {
            var divergence = OfPosition(expected.Slice(start, vocabulary), found.Slice(start, vocabulary));
            most = double.IsFinite(divergence) ? Math.Max(most, divergence) : double.PositiveInfinity;
        }

        return most;
    }

    private static int Length(int capacity) => Math.Min(Prompt + Steps, capacity);

    private static double OfPosition(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        var (expectedSum, foundSum) = (LogSum(expected), LogSum(found));
        var sum = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var logProbability = expected[i] - expectedSum;
            sum += Math.Exp(logProbability) * (logProbability - (found[i] - foundSum));
        }

        return sum;
    }

    // Logarithm of the sum of exponentials.
    private static double LogSum(ReadOnlySpan<float> logits)
    {
        var most = TensorPrimitives.Max(logits);
        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - most);
        }

        return most + Math.Log(sum);
    }
}
