using System.Text.Json.Serialization;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>Log-probabilities in the chat dialect.</summary>
internal sealed record WireLogprobs(IReadOnlyList<WireLogprobs.Token> Content, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] object? Refusal = null)
{
    /// <param name="Logprob">Natural logarithm; what cannot be drawn is -9999, as JSON has no infinity.</param>
    /// <param name="Bytes">What the token stands for: parts of a character cannot be seen in its text.</param>
    internal sealed record Token([property: JsonPropertyName("token")] string Text, float Logprob, IReadOnlyList<int> Bytes, IReadOnlyList<Likely> TopLogprobs);

    /// <summary>A token that could have come.</summary>
    internal sealed record Likely([property: JsonPropertyName("token")] string Text, float Logprob, IReadOnlyList<int> Bytes);

    private const float Never = -9999;

    /// <summary>Null where none were told.</summary>
    public static WireLogprobs? From(IReadOnlyList<TokenLogprob>? told) =>
        told is null ? null : new([.. told.Select(Of)]);

    /// <summary>A number that JSON has.</summary>
    public static float Finite(float logprob) => float.IsFinite(logprob) ? logprob : Never;

    private static Token Of(TokenLogprob token) => new(
        token.Text, Finite(token.Logprob), Bytes(token), [.. token.Top.Select(top => new Likely(top.Text, Finite(top.Logprob), Bytes(top)))]);

    private static int[] Bytes(TokenLogprob token) => [.. token.Bytes.Select(value => (int)value)];
}
