using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How soon a built studio answers, and what it holds while nobody uses a model.</summary>
internal static partial class StartBenchmark
{
    private const int Starts = 5;

    public static async Task RunAsync()
    {
        var ready = new List<double>();
        var firstPage = new List<double>();
        var memory = new List<double>();
        var silo = new List<double>();
        using var handler = new SocketsHttpHandler();
        using var client = new HttpMessageInvoker(handler);
        for (var i = 0; i < Starts; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            await using var studio = await StudioProcess.StartAsync();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(studio.Url, "sign-in"));
            using var response = await client.SendAsync(request, CancellationToken.None);
            await response.Content.LoadIntoBufferAsync();
            firstPage.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            response.EnsureSuccessStatusCode();
            ready.Add(studio.StartTime.TotalMilliseconds);
            memory.Add(studio.ResidentBytes / 1048576.0);
            silo.Add(await SiloAsync(studio));
        }

        Console.WriteLine("| start of a built studio, empty data folder | median | worst | goal |");
        Console.WriteLine("|---|---|---|---|");
        Row("process start to ready, ms", ready, "");
        Row("process start to first page, ms", firstPage, "< 2,000");
        Row("of it Orleans, beside the rest, ms", silo, "<= 500");
        Row("resident memory without a model, MB", memory, "< 250");
    }

    // The silo may be the last to be ready; the log says how long it took.
    private static async Task<double> SiloAsync(StudioProcess studio)
    {
        while (true)
        {
            if (studio.Log().Select(line => SiloLine().Match(line)).FirstOrDefault(match => match.Success) is { } found)
            {
                return double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
            }

            await Task.Delay(10);
        }
    }

    [GeneratedRegex(@"started in (\d+) ms, beside the pages")]
    private static partial Regex SiloLine();

    private static void Row(string what, List<double> values, string goal)
    {
        values.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {values[values.Count / 2]:N0} | {values[^1]:N0} | {goal} |"));
    }
}
