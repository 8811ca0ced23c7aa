using System.Diagnostics;
using System.Text.Json;

namespace MistralStudio.Benchmarks;

/// <summary>What a client saw of one streamed chat.</summary>
/// <param name="FirstMs">From the request to the first text.</param>
/// <param name="EngineMs">Of that what the model says: queue with template and tokens, and prefill; 0 where it says nothing.</param>
/// <param name="Tokens">Tokens of the answer, by its usage.</param>
internal sealed record StreamedAnswer(double FirstMs, double EngineMs, int Tokens)
{
    /// <summary>Reads server-sent chunks to their end.</summary>
    public static async Task<StreamedAnswer> ReadAsync(Stream body, Stopwatch watch)
    {
        var (first, engine, tokens) = (0.0, 0.0, 0);
        using var reader = new StreamReader(body);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (first == 0 && line.Contains("\"content\":\"", StringComparison.Ordinal) && !line.Contains("\"content\":\"\"", StringComparison.Ordinal))
            {
                first = watch.Elapsed.TotalMilliseconds;
            }

            if (!line.Contains("\"usage\":{", StringComparison.Ordinal))
            {
                continue;
            }

            using var chunk = JsonDocument.Parse(line["data: ".Length..]);
            tokens = chunk.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
            if (chunk.RootElement.TryGetProperty("timings", out var timings) && timings.TryGetProperty("queue_ms", out var queue))
            {
                engine = queue.GetDouble() + timings.GetProperty("prefill_ms").GetDouble();
            }
        }

        return new(first, engine, tokens);
    }
}
