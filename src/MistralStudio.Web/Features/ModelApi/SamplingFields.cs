using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The fields of a body that say how tokens are drawn, the same in every dialect.</summary>
internal sealed record SamplingFields(float? Temperature, float? TopP, float? FrequencyPenalty, float? PresencePenalty, long? Seed)
{
    private const int MostStops = 16;

    public int? TopK { get; init; }

    public float? MinP { get; init; }

    public float? TypicalP { get; init; }

    public float? RepetitionPenalty { get; init; }

    public bool? IgnoreEos { get; init; }

    /// <summary>A string or an array of strings.</summary>
    public JsonElement? Stop { get; init; }

    public int? N { get; init; }

    public Dictionary<string, float>? LogitBias { get; init; }

    /// <summary>Writes the fields into options; returns what is wrong with the first that is.</summary>
    public ApiError? WriteTo(ChatOptions options)
    {
        var wrong = OutOf("temperature", Temperature, 0, 2)
            ?? OutOf("top_p", TopP, 0, 1)
            ?? OutOf("min_p", MinP, 0, 1)
            ?? OutOf("typical_p", TypicalP, 0, 1)
            ?? OutOf("frequency_penalty", FrequencyPenalty, -2, 2)
            ?? OutOf("presence_penalty", PresencePenalty, -2, 2)
            ?? OutOf("repetition_penalty", RepetitionPenalty, 0.01f, 10)
            ?? OutOf("top_k", TopK, -1, 1_000_000)
            ?? OutOf("n", N, 1, ChatAbilities.MostChoices);
        if (wrong is not null)
        {
            return wrong;
        }

        if (ReadStop(Stop, out var stop) is { } wrongStop)
        {
            return wrongStop;
        }

        if (ReadBias(out var bias) is { } wrongBias)
        {
            return wrongBias;
        }

        options.Temperature = Temperature;
        options.TopP = TopP;
        options.TopK = TopK;
        options.Seed = Seed;
        options.FrequencyPenalty = FrequencyPenalty;
        options.PresencePenalty = PresencePenalty;
        options.StopSequences = stop;
        options.MinP = MinP;
        options.TypicalP = TypicalP;
        options.RepetitionPenalty = RepetitionPenalty;
        options.IgnoreEos = IgnoreEos;
        options.N = N is > 1 ? N : null;
        options.LogitBias = bias;
        return null;
    }

    /// <summary>What is wrong with a number outside its range; null where it is inside.</summary>
    public static ApiError? OutOf(string param, float? value, float least, float most) => value is { } v && !(v >= least && v <= most)
        ? ApiError.Invalid(param, FormattableString.Invariant($"{param} is {v}; it may be {least} to {most}."))
        : null;

    /// <inheritdoc cref="OutOf(string, float?, float, float)"/>
    public static ApiError? OutOf(string param, int? value, int least, int most) => value is { } v && (v < least || v > most)
        ? ApiError.Invalid(param, most == int.MaxValue
            ? FormattableString.Invariant($"{param} is {v}; it may be {least} or more.")
            : FormattableString.Invariant($"{param} is {v}; it may be {least} to {most}."))
        : null;

    private ApiError? ReadBias(out IReadOnlyDictionary<int, float>? bias)
    {
        bias = null;
        if (LogitBias is not { Count: > 0 })
        {
            return null;
        }

        var read = new Dictionary<int, float>(LogitBias.Count);
        foreach (var (token, value) in LogitBias)
        {
            if (!int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return ApiError.Invalid("logit_bias", $"\"{token}\" is no token id.");
            }

            if (!(value >= -100 && value <= 100))
            {
                return ApiError.Invalid("logit_bias", FormattableString.Invariant($"The bias of token {id} is {value}; it may be -100 to 100."));
            }

            read[id] = value;
        }

        bias = read;
        return null;
    }

    private static ApiError? ReadStop(JsonElement? stop, out List<string>? sequences)
    {
        sequences = null;
        switch (stop?.ValueKind)
        {
            case null or JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            case JsonValueKind.String:
                sequences = [stop.Value.GetString()!];
                break;
            case JsonValueKind.Array when stop.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                sequences = [.. stop.Value.EnumerateArray().Select(item => item.GetString()!)];
                break;
            default:
                return ApiError.Invalid("stop", "stop is a string or an array of strings.");
        }

        sequences.RemoveAll(string.IsNullOrEmpty);
        return sequences.Count > MostStops ? ApiError.Invalid("stop", $"stop has {sequences.Count} strings; it may have up to {MostStops}.") : null;
    }
}
