using System.Numerics.Tensors;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>
/// The model in plain float32 arithmetic, written for clarity and independent of the graph: rotary pairs as the file stores them, no cache,
/// no quantised activations. What the engine's answers are measured against.
/// </summary>
internal sealed class ReferenceDecoder
{
    private readonly DecoderShape _shape;
    private readonly Dictionary<string, float[]> _tensors;

    public ReferenceDecoder(GgufFile file)
    {
        _shape = DecoderShape.Read(file).Value;
        _tensors = file.Tensors.Values.ToDictionary(tensor => tensor.Name, tensor => Dequantisation.Tensor(file, tensor));
    }

    /// <summary>Logits after every token of a prompt.</summary>
    public float[][] Logits(ReadOnlySpan<int> tokens)
    {
        var states = new float[tokens.Length][];
        for (var t = 0; t < tokens.Length; t++)
        {
            states[t] = _tensors["token_embd.weight"].AsSpan(tokens[t] * _shape.Hidden, _shape.Hidden).ToArray();
        }

        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            var block = $"blk.{layer}";
            var normed = Normalise(states, $"{block}.attn_norm");
            var attended = Attend(
                Project(normed, $"{block}.attn_q"), Project(normed, $"{block}.attn_k"), Project(normed, $"{block}.attn_v"));
            Add(states, Project(attended, $"{block}.attn_output"));

            normed = Normalise(states, $"{block}.ffn_norm");
            var (gates, ups) = (Project(normed, $"{block}.ffn_gate"), Project(normed, $"{block}.ffn_up"));
            for (var t = 0; t < gates.Length; t++)
            {
                for (var i = 0; i < gates[t].Length; i++)
                {
                    gates[t][i] = gates[t][i] / (1 + MathF.Exp(-gates[t][i])) * ups[t][i];
                }
            }

            Add(states, Project(gates, $"{block}.ffn_down"));
        }

        return Project(Normalise(states, "output_norm"), _tensors.ContainsKey("output.weight") ? "output" : "token_embd");
    }

    private float[][] Attend(float[][] queries, float[][] keys, float[][] values)
    {
        var size = _shape.HeadSize;
        for (var t = 0; t < queries.Length; t++)
        {
            Rotate(queries[t], t);
            Rotate(keys[t], t);
        }

        var result = new float[queries.Length][];
        Parallel.For(0, queries.Length, t =>
        {
            result[t] = new float[queries[t].Length];
            var scores = new float[t + 1];
            for (var head = 0; head < _shape.Heads; head++)
            {
                var shared = head / (_shape.Heads / _shape.KeyValueHeads) * size;
                for (var u = 0; u <= t; u++)
                {
                    scores[u] = TensorPrimitives.Dot(queries[t].AsSpan(head * size, size), keys[u].AsSpan(shared, size)) / MathF.Sqrt(size);
                }

                TensorPrimitives.SoftMax(scores, scores);
                var output = result[t].AsSpan(head * size, size);
                for (var u = 0; u <= t; u++)
                {
                    TensorPrimitives.MultiplyAdd(values[u].AsSpan(shared, size), scores[u], output, output);
                }
            }
        });
        return result;
    }

    private void Rotate(float[] heads, int position)
    {
        for (var i = 0; i < heads.Length; i += 2)
        {
            var angle = position * Math.Pow(_shape.Rotary.Theta, -(double)(i % _shape.HeadSize) / _shape.HeadSize);
            var (sin, cos) = ((float, float))Math.SinCos(angle);
            (heads[i], heads[i + 1]) = ((heads[i] * cos) - (heads[i + 1] * sin), (heads[i + 1] * cos) + (heads[i] * sin));
        }
    }

    private float[][] Normalise(float[][] states, string name) => [.. states.Select(state =>
    {
        var normed = new float[state.Length];
        TensorPrimitives.Multiply(state, 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares<float>(state) / state.Length) + _shape.Epsilon), normed);
        TensorPrimitives.Multiply(normed, _tensors[$"{name}.weight"], normed);
        return normed;
    })];

    private float[][] Project(float[][] inputs, string name)
    {
        var weights = _tensors[$"{name}.weight"];
        var bias = _tensors.GetValueOrDefault($"{name}.bias");
        var columns = inputs[0].Length;
        var outputs = inputs.Select(_ => new float[weights.Length / columns]).ToArray();
        Parallel.For(0, weights.Length / columns, row =>
        {
            for (var t = 0; t < inputs.Length; t++)
            {
                outputs[t][row] = TensorPrimitives.Dot(weights.AsSpan(row * columns, columns), inputs[t]) + (bias?[row] ?? 0);
            }
        });
        return outputs;
    }

    private static void Add(float[][] states, float[][] branches)
    {
        for (var t = 0; t < states.Length; t++)
        {
            TensorPrimitives.Add(states[t], branches[t], states[t]);
        }
    }
}
