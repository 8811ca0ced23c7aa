using System.Diagnostics;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Speed;

/// <summary>How speeds change with the length of a conversation: prompts that double, for as long as there is time and room.</summary>
internal static class LengthCurve
{
    private const int FirstWords = 48;
    private const int Written = 16;
    private const int Repeats = 3;

    // A model that reads its shortest prompt in a second is not asked for one of 16 times the length.
    private static readonly TimeSpan s_whole = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_repeated = TimeSpan.FromMilliseconds(400);

    /// <summary>Measures one point after another; a point is the median of up to three runs.</summary>
    /// <param name="words">Makes a text of so many words that was never read before.</param>
    public static async Task<IReadOnlyList<LengthSpeed>> MeasureAsync(IChatClient chat, Func<int, string> words, CancellationToken cancellationToken)
    {
        var points = new List<LengthSpeed>();
        if (chat.GetService<ITokenCounter>() is not { } counter)
        {
            return points;
        }

        var (began, lasted) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        for (var count = FirstWords; Fits(count) && Stopwatch.GetElapsedTime(began) + (2 * lasted) < s_whole; count *= 2)
        {
            var runs = new List<LengthSpeed>();
            var first = Stopwatch.GetTimestamp();
            do
            {
                var run = Stopwatch.GetTimestamp();
                if (await RunAsync(chat, words(count), cancellationToken) is { } point)
                {
                    runs.Add(point);
                }

                lasted = Stopwatch.GetElapsedTime(run);
            }
            while (runs.Count is > 0 and < Repeats && Stopwatch.GetElapsedTime(first) < s_repeated);

            if (runs.Count == 0)
            {
                break;
            }

            points.Add(new(Median(run => run.Tokens), Median(run => run.PrefillTokensPerSecond), Median(run => run.DecodeTokensPerSecond)));

            T Median<T>(Func<LengthSpeed, T> figure) => runs.Select(figure).Order().ElementAt(runs.Count / 2);
        }

        return points;

        // A template's own words and the answer need room as well.
        bool Fits(int count) => counter.Count(words(count)) < (counter.ContextLength * 9 / 10) - (4 * Written);
    }

    private static async Task<LengthSpeed?> RunAsync(IChatClient chat, string text, CancellationToken cancellationToken)
    {
        var options = new ChatOptions { MaxOutputTokens = Written, Temperature = 0, IgnoreEos = true };
        UsageDetails? usage = null;
        GenerationTimings? timings = null;
        await foreach (var update in chat.GetStreamingResponseAsync(text, options, cancellationToken))
        {
            usage = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
            timings = update.Timings ?? timings;
        }

        return (usage, timings) is ({ InputTokenCount: { } read, OutputTokenCount: > 1 and var written }, { PrefillMs: > 0, DecodeMs: > 0 })
            ? new((int)read, (read - timings.CachedTokens) * 1000 / timings.PrefillMs, (written - 1) * 1000 / timings.DecodeMs)
            : null;
    }
}
