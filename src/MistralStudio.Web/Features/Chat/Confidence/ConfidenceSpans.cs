using System.Text;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Chat.Confidence;

/// <summary>Makes what is kept and shown of what a model says about its tokens.</summary>
public static class ConfidenceSpans
{
    /// <summary>Tokens of one answer that are kept: a longer one is shown without.</summary>
    public const int Most = 8_000;

    /// <summary>Adds tokens to what is there. Tokens that are whole characters only together become one.</summary>
    /// <param name="pending">Bytes of a character that is not whole yet; kept by the caller from call to call.</param>
    public static IEnumerable<TokenConfidence> Of(IEnumerable<TokenLogprob> tokens, List<TokenLogprob> pending)
    {
        foreach (var token in tokens)
        {
            pending.Add(token);
            if (Whole(pending) is { } text)
            {
                yield return new TokenConfidence(
                    text,
                    pending.Min(one => Share(one.Logprob)),
                    [.. pending[0].Top.Select(other => new TokenAlternative(other.Text, Share(other.Logprob)))]);
                pending.Clear();
            }
        }
    }

    /// <summary>How sure, in five steps: 0 sure to 4 guessing.</summary>
    public static int Step(float probability) => probability switch
    {
        >= .9f => 0,
        >= .7f => 1,
        >= .5f => 2,
        >= .25f => 3,
        _ => 4,
    };

    private static string? Whole(List<TokenLogprob> tokens)
    {
        if (tokens is [{ Bytes.Length: 0 } only])
        {
            return only.Text;
        }

        byte[] bytes = [.. tokens.SelectMany(token => token.Bytes)];
        var rest = bytes.AsSpan();
        while (rest.Length > 0)
        {
            var status = Rune.DecodeFromUtf8(rest, out _, out var used);
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                return null;
            }

            rest = rest[used..];
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private static float Share(float logprob) => float.IsNaN(logprob) ? 0 : Math.Clamp(MathF.Exp(logprob), 0, 1);
}
