using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Embeddings;

/// <summary>A compiled encoder in memory: rows of tokens to L2-normalised vectors. For one thread at a time.</summary>
internal sealed class EncoderSession : IDisposable
{
    private static readonly string[] s_inputs = ["ids", "lengths"];
    private static readonly string[] s_outputs = ["hidden"];

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly int _hidden;

    /// <param name="graph">The compiled graph, see <see cref="BertGraph"/>.</param>
    /// <param name="hidden">Length of a vector.</param>
    /// <param name="threads">Threads of one run; 0 for one a core.</param>
    public EncoderSession(string graph, int hidden, int threads)
    {
        using var options = SessionSettings.Create(threads);
        _session = new InferenceSession(graph, options);
        _hidden = hidden;
    }

    /// <summary>Mean of each row's hidden states over its tokens, length 1.</summary>
    /// <param name="rows">Tokens of each text; similar lengths waste the least.</param>
    public float[][] Embed(ReadOnlySpan<int[]> rows)
    {
        var longest = 0;
        foreach (var row in rows)
        {
            longest = Math.Max(longest, row.Length);
        }

        var ids = new int[rows.Length * longest];
        var lengths = new int[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            rows[row].CopyTo(ids, row * longest);
            lengths[row] = rows[row].Length;
        }

        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, [rows.Length, longest]);
        using var lengthsValue = OrtValue.CreateTensorValueFromMemory(lengths, [rows.Length]);
        using var outputs = _session.Run(_run, s_inputs, [idsValue, lengthsValue], s_outputs);
        var hidden = outputs[0].GetTensorDataAsSpan<float>();
        var vectors = new float[rows.Length][];
        for (var row = 0; row < rows.Length; row++)
        {
            vectors[row] = Pool(hidden.Slice(row * longest * _hidden, lengths[row] * _hidden));
        }

        return vectors;
    }

    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }

    private float[] Pool(ReadOnlySpan<float> states)
    {
        var sum = new float[_hidden];
        for (var start = 0; start < states.Length; start += _hidden)
        {
            TensorPrimitives.Add(sum, states.Slice(start, _hidden), sum);
        }

        // The mean's divisor cancels out in the normalisation.
        var norm = TensorPrimitives.Norm(sum);
        TensorPrimitives.Divide(sum, norm > 0 ? norm : 1, sum);
        return sum;
    }
}
