using System.Globalization;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Soak;

namespace MistralStudio.Benchmarks;

/// <summary>A long soak of the model API: <c>soak [minutes] [clients]</c>, 30 and 32 where nothing is said. Ends with code 1 where anything but 429 went wrong.</summary>
internal static class SoakBenchmark
{
    private static readonly TimeSpan s_settled = TimeSpan.FromMinutes(5);

    public static async Task<int> RunAsync(double minutes, int clients)
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        // As the official clients wait: on a machine that other programs share, a place in the queue may take minutes.
        program.Timeout = TimeSpan.FromMinutes(10);
        var report = await new SoakRun(studio, program, "smollm2-135m-instruct", clients).RunAsync(TimeSpan.FromMinutes(minutes), CancellationToken.None);

        var text = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(text, $"{report.Length.TotalMinutes:0.0} min, {clients} clients"));
        foreach (var (kind, count) in report.Answers)
        {
            Console.WriteLine(string.Create(text, $"{kind,-10} {count,7:N0} answers"));
        }

        Console.WriteLine(string.Create(text, $"left       {report.Left,7:N0}\n429        {report.Busy,7:N0}\nerrors     {report.Errors.Count,7:N0}"));
        foreach (var (seconds, bytes) in report.Memory.Where((_, i) => i % Math.Max(1, report.Memory.Count / 12) == 0))
        {
            Console.WriteLine(string.Create(text, $"{seconds / 60,6:0.0} min {bytes >> 20,7:N0} MiB"));
        }

        Console.WriteLine(string.Create(text, $"memory, end over minute 5: {report.MemoryGrowth(s_settled):0.00}"));
        foreach (var error in report.Errors.Take(5))
        {
            Console.WriteLine(error);
        }

        return report.Errors.Count == 0 ? 0 : 1;
    }
}
