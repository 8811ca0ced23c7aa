using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Onnx;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>
/// Retrieval in one table: the vector scan beside the memory's own speed, a whole search over 100,000 passages, searches over HTTP, a chat
/// beside an ingestion, rankings of public corpora by each leg and both, and what titles do for them. <c>scan</c>, <c>million</c>, <c>search</c>,
/// <c>http</c>, <c>beside</c>, <c>rank</c> and <c>titles</c> name parts.
/// </summary>
internal static class RetrievalBenchmark
{
    public static async Task RunAsync(string[] parts)
    {
        var folder = Directory.CreateTempSubdirectory("retrieval-bench-").FullName;
        try
        {
            Console.WriteLine("| retrieval | measured | goal |");
            Console.WriteLine("|---|---|---|");
            if (Wanted("scan"))
            {
                await ScanBenchmark.RunAsync(Path.Combine(folder, "scan"));
            }

            if (Wanted("million"))
            {
                await MillionBenchmark.RunAsync(Path.Combine(folder, "million"));
            }

            using var model = EmbeddingModel.Open(
                "all-minilm-l6-v2", Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2"), "starter", new GraphCache(Path.Combine(folder, "graphs")),
                NullLogger.Instance).Value;
            if (Wanted("search"))
            {
                await SearchBenchmark.RunAsync(Path.Combine(folder, "search"), model);
            }

            if (Wanted("http"))
            {
                await HttpSearchBenchmark.RunAsync(Path.Combine(folder, "http"), model);
            }

            if (Wanted("beside"))
            {
                await ChatBesideIngestionBenchmark.RunAsync(folder, model);
            }

            if (Wanted("rank"))
            {
                await RankingBenchmark.RunAsync(Path.Combine(folder, "rank"), model);
            }

            if (Wanted("titles"))
            {
                await TitlesBenchmark.RunAsync(Path.Combine(folder, "titles"), model);
            }
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }

        bool Wanted(string part) => parts.Length == 0 || parts.Contains(part);
    }

    /// <summary>One row of the table.</summary>
    public static void Row(string what, double value, string goal = "") => Row(what, string.Create(CultureInfo.InvariantCulture, $"{value:0.###}"), goal);

    /// <inheritdoc cref="Row(string, double, string)"/>
    public static void Row(string what, string value, string goal = "") => Console.WriteLine($"| {what} | {value} | {goal} |");
}
