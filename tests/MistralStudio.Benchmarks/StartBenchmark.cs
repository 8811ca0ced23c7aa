using System.Diagnostics;
using System.Globalization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How soon a built studio answers, and what it holds while nobody uses a model.</summary>
internal static class StartBenchmark
{
    private const int Starts = 5;

    public static async Task RunAsync()
    {
        var ready = new List<double>();
        var firstPage = new List<double>();
        var memory = new List<double>();
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
        }

        Console.WriteLine("| start of a built studio, empty data folder | median | worst | goal |");
        Console.WriteLine("|---|---|---|---|");
        Row("process start to ready, ms", ready, "");
        Row("process start to first page, ms", firstPage, "< 2,000");
        Row("resident memory without a model, MB", memory, "< 250");
    }

    private static void Row(string what, List<double> values, string goal)
    {
        values.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {values[values.Count / 2]:N0} | {values[^1]:N0} | {goal} |"));
    }
}
