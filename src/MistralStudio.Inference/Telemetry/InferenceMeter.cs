using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MistralStudio.Inference.Telemetry;

/// <summary>
/// What this room tells OpenTelemetry, in the names of its semantic conventions for generative AI
/// (https://opentelemetry.io/docs/specs/semconv/gen-ai/). No text of a prompt or an answer is in any of it.
/// </summary>
internal static class InferenceMeter
{
    /// <summary>Name of the source of spans and of the meter.</summary>
    public const string Name = "MistralStudio.Inference";

    /// <summary>The value of <c>gen_ai.provider.name</c>.</summary>
    public const string Provider = "mistralstudio";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter s_meter = new(Name);

    /// <summary>From the request to its end, s.</summary>
    public static readonly Histogram<double> Duration = s_meter.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "From a request to its end.", advice: Buckets(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92));

    /// <summary>Tokens of prompts and answers, by <c>gen_ai.token.type</c>.</summary>
    public static readonly Histogram<int> Tokens = s_meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens of prompts and answers.", advice: Buckets(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144));

    /// <summary>From the request to the first token, s.</summary>
    public static readonly Histogram<double> FirstToken = s_meter.CreateHistogram(
        "gen_ai.server.time_to_first_token", "s", "From a request to its first token.",
        advice: Buckets(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0));

    /// <summary>Between the tokens of one answer, s.</summary>
    public static readonly Histogram<double> OutputToken = s_meter.CreateHistogram(
        "gen_ai.server.time_per_output_token", "s", "Between the tokens of an answer after its first.",
        advice: Buckets(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5));

    /// <summary>From the request to its first prefill, s.</summary>
    public static readonly Histogram<double> Queue = s_meter.CreateHistogram(
        "mistralstudio.engine.queue.duration", "s", "From a request to the first step of its prompt.",
        advice: Buckets(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60));

    /// <summary>Writing the conversation by the model's template, s; a part of the queue's time, like splitting it into tokens.</summary>
    public static readonly Histogram<double> Template = s_meter.CreateHistogram(
        "mistralstudio.engine.template.duration", "s", "Writing the conversation as the model's template has it.",
        advice: Buckets(0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05));

    /// <summary>From the prompt's first step to the first token, s.</summary>
    public static readonly Histogram<double> Prefill = s_meter.CreateHistogram(
        "mistralstudio.engine.prefill.duration", "s", "From the first step of a prompt to the first token.",
        advice: Buckets(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60));

    /// <summary>From the first token to the last, s.</summary>
    public static readonly Histogram<double> Decode = s_meter.CreateHistogram(
        "mistralstudio.engine.decode.duration", "s", "From the first token of an answer to its last.",
        advice: Buckets(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120));

    /// <summary>Answers that were computed together in a step, on average over a request.</summary>
    public static readonly Histogram<double> Rows = s_meter.CreateHistogram(
        "mistralstudio.engine.batch.size", "{row}", "Answers that were computed together in a decode step, on average over a request.", advice: Buckets(1.0, 2, 4, 8, 16, 32));

    /// <summary>Prompt tokens that were reused instead of computed.</summary>
    public static readonly Counter<int> CachedTokens = s_meter.CreateCounter<int>(
        "mistralstudio.engine.cached_tokens", "{token}", "Prompt tokens whose state was reused instead of computed.");

    private static InstrumentAdvice<T> Buckets<T>(params T[] bounds)
        where T : struct => new() { HistogramBucketBoundaries = bounds };
}
