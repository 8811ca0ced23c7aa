using System.Globalization;
using Microsoft.Playwright;

namespace MistralStudio.Benchmarks;

/// <summary>How evenly a browser drew.</summary>
/// <param name="Slow">Frames a second by the gap that nineteen of twenty do not exceed.</param>
/// <param name="Middle">The same by the gap in the middle.</param>
/// <param name="Missed">The share of the screen's frames (60 a second) that nothing was drawn for: a frame that is late by a little moves its gap, not this.</param>
internal readonly record struct Frames(double Slow, double Middle, double Missed)
{
    private const double Screen = 1000d / 60;

    /// <summary>From the times of frames, ms.</summary>
    public static Frames Of(IEnumerable<double> drawn)
    {
        var times = drawn.Order().ToList();
        var gaps = times.Zip(times.Skip(1), (one, next) => next - one).Order().ToList();
        if (gaps.Count == 0)
        {
            return new(0, 0, 1);
        }

        var missed = gaps.Sum(gap => Math.Max(0, Math.Round(gap / Screen) - 1));
        return new(1000 / gaps[Math.Min(gaps.Count - 1, (int)(gaps.Count * 0.95))], 1000 / gaps[gaps.Count / 2], missed / (missed + times.Count));
    }

    /// <summary>From what the browser traces of its frames during a gesture that changes the page in every one.</summary>
    public static async Task<Frames> TraceAsync(IPage page, Func<Task> gesture)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        var drawn = new List<double>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Event("Tracing.dataCollected").OnEvent += (_, data) =>
        {
            foreach (var one in data!.Value.GetProperty("value").EnumerateArray())
            {
                if (one.GetProperty("name").GetString() == "DrawFrame")
                {
                    drawn.Add(one.GetProperty("ts").GetDouble() / 1000);
                }
            }
        };
        session.Event("Tracing.tracingComplete").OnEvent += (_, _) => done.TrySetResult();
        await session.SendAsync("Tracing.start", new Dictionary<string, object> { ["categories"] = "disabled-by-default-devtools.timeline.frame,devtools.timeline", ["transferMode"] = "ReportEvents" });
        await gesture();
        await session.SendAsync("Tracing.end");
        await done.Task;
        await session.DetachAsync();
        return Of(drawn);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Slow:N0} ({Middle:N0} in the middle, {Missed:P1} missed)");
}
