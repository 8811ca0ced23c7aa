using System.Numerics.Tensors;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Sampling;

/// <summary>
/// Log-probabilities of one answer's tokens, of the model's own distribution: before temperature, penalties, bias, truncation and grammar, so
/// that they say what the model found likely and not what was made of it. Owned by one answer.
/// </summary>
/// <param name="top">How many of the likeliest are told with each token.</param>
internal sealed class TokenLogprobs(Vocabulary vocabulary, int top)
{
    private float[] _logits = [];
    private double _logSum;
    private TokenLogprob[] _top = [];

    /// <summary>Takes the distribution of the next token.</summary>
    /// <param name="logits">[vocabulary], as the model gave them.</param>
    public void Read(ReadOnlySpan<float> logits)
    {
        if (_logits.Length != logits.Length)
        {
            _logits = new float[logits.Length];
        }

        // Shifted by the highest, so that no exponential overflows.
        var highest = TensorPrimitives.Max(logits);
        TensorPrimitives.Subtract(logits, highest, _logits);
        TensorPrimitives.Exp<float>(_logits, _logits);
        _logSum = highest + Math.Log(TensorPrimitives.Sum<float>(_logits));
        logits.CopyTo(_logits);
        _top = [.. Likeliest().Select(token => Of(token, []))];
    }

    /// <summary>The token that was drawn from it.</summary>
    public TokenLogprob Of(int token) => Of(token, _top);

    private TokenLogprob Of(int token, TokenLogprob[] likeliest) => new(
        token, vocabulary.Name(token), vocabulary.Bytes(token).ToArray(), (float)Math.Min(0, _logits[token] - _logSum), likeliest);

    private List<int> Likeliest()
    {
        var best = new List<int>(top + 1);
        var least = float.NegativeInfinity;
        for (var token = 0; token < _logits.Length && top > 0; token++)
        {
            if (best.Count == top && _logits[token] <= least)
            {
                continue;
            }

            var place = best.Count;
            while (place > 0 && _logits[best[place - 1]] < _logits[token])
            {
                place--;
            }

            best.Insert(place, token);
            if (best.Count > top)
            {
                best.RemoveAt(top);
            }

            least = _logits[best[^1]];
        }

        return best;
    }
}
