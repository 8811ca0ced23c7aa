using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Encoders;

/// <summary>A compiled encoder in memory: rows of tokens to L2-normalised vectors, or to one logit each. For one thread at a time.</summary>
internal sealed class EncoderSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly EncoderConfig _config;
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    /// <param name="graph">The compiled graph, see <see cref="EncoderGraph"/>.</param>
    /// <param name="config">What it was compiled from.</param>
    /// <param name="threads">Threads of one run; 0 for one a core.</param>
    public EncoderSession(string graph, EncoderConfig config, int threads)
    {
        using var options = SessionSettings.Create(threads);
        // Between batches the cores are the search's: threads that wait for the next one by spinning took a tenth of its time.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        _session = new InferenceSession(graph, options);
        _config = config;
        _inputs = config.TellsTypes ? ["ids", "lengths", "types"] : ["ids", "lengths"];
        _outputs = [config.Head == EncoderHead.Score ? "score" : "hidden"];
    }

    /// <summary>A vector of length 1 for each row, or its logit alone where the model scores pairs.</summary>
    /// <param name="rows">Similar lengths waste the least.</param>
    public float[][] Run(ReadOnlySpan<EncoderRow> rows)
    {
        var longest = 0;
        foreach (var row in rows)
        {
            longest = Math.Max(longest, row.Tokens.Length);
        }

        var ids = new int[rows.Length * longest];
        var types = new int[_config.TellsTypes ? ids.Length : 0];
        var lengths = new int[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            var (tokens, second) = rows[row];
            tokens.CopyTo(ids, row * longest);
            lengths[row] = tokens.Length;
            if (_config.TellsTypes)
            {
                types.AsSpan(row * longest, tokens.Length)[second..].Fill(1);
            }
        }

        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, [rows.Length, longest]);
        using var lengthsValue = OrtValue.CreateTensorValueFromMemory(lengths, [rows.Length]);
        using var typesValue = _config.TellsTypes ? OrtValue.CreateTensorValueFromMemory(types, [rows.Length, longest]) : null;
        using var outputs = _session.Run(_run, _inputs, typesValue is null ? [idsValue, lengthsValue] : [idsValue, lengthsValue, typesValue], _outputs);
        var states = outputs[0].GetTensorDataAsSpan<float>();
        var results = new float[rows.Length][];
        for (var row = 0; row < rows.Length; row++)
        {
            results[row] = _config.Head switch
            {
                EncoderHead.Mean => Pool(states.Slice(row * longest * _config.Hidden, lengths[row] * _config.Hidden)),
                EncoderHead.First => Pool(states.Slice(row * longest * _config.Hidden, _config.Hidden)),
                _ => [states[row]],
            };
        }

        return results;
    }

    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }

    private float[] Pool(ReadOnlySpan<float> states)
    {
        var sum = new float[_config.Hidden];
        for (var start = 0; start < states.Length; start += _config.Hidden)
        {
            TensorPrimitives.Add(sum, states.Slice(start, _config.Hidden), sum);
        }

        // The mean's divisor cancels out in the normalisation.
        var norm = TensorPrimitives.Norm(sum);
        TensorPrimitives.Divide(sum, norm > 0 ? norm : 1, sum);
        return sum;
    }
}
