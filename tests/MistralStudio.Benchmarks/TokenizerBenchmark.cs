using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>Megabytes of UTF-8 a second that each tokenizer encodes on one thread, over prose in five languages and over worst cases.</summary>
internal static class TokenizerBenchmark
{
    private const int Rounds = 7;

    public static void Run()
    {
        var texts = new List<(string Name, string Text)>();
        foreach (var language in new[] { "en", "de", "ru", "zh" })
        {
            if (SharedData.Find("data", "retrieval", "xquad", $"xquad.{language}.json") is { } file)
            {
                texts.Add(($"xquad {language}", Paragraphs(file)));
            }
        }

        texts.Add(("one word of a's", new string('a', 500_000)));
        texts.Add(("random characters", new string([.. Enumerable.Range(0, 300_000).Select(i => (char)(0x20 + (i * 7919 % 0x500)))])));

        Console.WriteLine("| tokenizer | opened, ms | text | tokens | first, MB/s | median of 7, MB/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var (name, path) in Files())
        {
            var begin = Stopwatch.GetTimestamp();
            using var file = GgufFile.Open(path).Value;
            var tokenizer = Tokenizers.FromGguf(file).Value;
            var opened = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            tokenizer.Encode("Warm up the code, not the cache.", parseSpecial: true);
            foreach (var (what, text) in texts)
            {
                var megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
                var speeds = new List<double>();
                var tokens = 0;
                for (var round = 0; round <= Rounds; round++)
                {
                    var start = Stopwatch.GetTimestamp();
                    tokens = tokenizer.Encode(text, parseSpecial: true).Length;
                    speeds.Add(megabytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
                }

                var median = speeds.Skip(1).Order().ElementAt(Rounds / 2);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {name} | {opened:0} | {what} | {tokens:N0} | {speeds[0]:0.0} | {median:0.0} |"));
            }
        }
    }

    private static IEnumerable<(string Name, string Path)> Files()
    {
        yield return ("smollm", Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        if (SharedData.Find("data", "tokenizers", "gguf-vocab", "ggml-vocab-llama-spm.gguf") is { } pieces)
        {
            yield return ("SentencePiece", pieces);
        }

        if (SharedData.Find("data", "tokenizers", "tekken", "tekken_240911-vocab.gguf.gz") is { } packed)
        {
            var path = Path.GetTempFileName();
            using (var source = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress))
            using (var target = File.Create(path))
            {
                source.CopyTo(target);
            }

            yield return ("tekken", path);
            File.Delete(path);
        }
    }

    private static string Paragraphs(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        return string.Join("\n\n", json.RootElement.GetProperty("data").EnumerateArray()
            .SelectMany(article => article.GetProperty("paragraphs").EnumerateArray())
            .Select(paragraph => paragraph.GetProperty("context").GetString()));
    }
}
