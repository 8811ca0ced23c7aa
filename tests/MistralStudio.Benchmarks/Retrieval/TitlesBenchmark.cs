using System.Globalization;
using System.Text.Json;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Retrieval.Search;
using MistralStudio.Tests.Shared;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>
/// What the name of a document does for its passages: nDCG@10 of XQuAD's paragraphs, each with the title of its article, or with a file name that
/// says nothing, before the words that are ranked.
/// </summary>
internal static class TitlesBenchmark
{
    private const int Depth = 100;

    public static async Task RunAsync(string folder, EmbeddingModel model)
    {
        if (SharedData.Find("data", "retrieval", "xquad", "xquad.en.json") is not { } file)
        {
            Console.WriteLine("| titles | data/retrieval is not in the shared folder (STUDIO_SHARED) | |");
            return;
        }

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        var paragraphs = json.RootElement.GetProperty("data").EnumerateArray().SelectMany(article => article.GetProperty("paragraphs").EnumerateArray()
            .Select(paragraph => (Title: article.GetProperty("title").GetString()!.Replace('_', ' '), Paragraph: paragraph))).ToList();
        var texts = paragraphs.Select(item => item.Paragraph.GetProperty("context").GetString()!).ToList();
        var questions = paragraphs.SelectMany((item, row) => item.Paragraph.GetProperty("qas").EnumerateArray()
            .Select(question => (Text: question.GetProperty("question").GetString()!, Row: row))).ToList();
        var asked = await model.GenerateAsync(questions.Select(question => question.Text));
        string[] ways = ["the text alone", "title and text", "a name that says nothing and text"];
        Func<int, string?>[] names = [_ => null, row => paragraphs[row].Title, row => string.Create(CultureInfo.InvariantCulture, $"scan_{row:000000}_final_v2.pdf")];
        foreach (var (way, nameOf) in ways.Zip(names))
        {
            using var index = new BenchmarkIndex(Path.Combine(folder, way));
            var vectors = await model.GenerateAsync(texts.Select((text, row) => nameOf(row) is { } name ? $"{name}\n{text}" : text));
            await index.FillAsync(texts, [.. vectors.Select(vector => vector.Vector)], [.. texts.Select((_, row) => nameOf(row))]);
            double meaning = 0, words = 0, both = 0;
            foreach (var (question, vector) in questions.Zip(asked))
            {
                var dense = index.Legs.Dense([index.Base], vector.Vector.Span, Depth);
                var lexical = index.Legs.Lexical([index.Base], question.Text, Depth);
                meaning += Gain(dense.Select(item => index.Ordinal(item.Passage)), question.Row);
                words += Gain(lexical.Select(item => index.Ordinal(item.Passage)), question.Row);
                both += Gain(Fusion.MinMax(dense, lexical, .5).Select(item => index.Ordinal(item.Passage)), question.Row);
            }

            Row(
                $"xquad en, {way}, nDCG@10: meaning / words / both",
                string.Create(CultureInfo.InvariantCulture, $"{meaning / questions.Count:.000} / {words / questions.Count:.000} / {both / questions.Count:.000}"));
        }
    }

    // One passage answers: the gain is that of its rank.
    private static double Gain(IEnumerable<int> ranked, int row) => ranked.Take(10).Index().Where(item => item.Item == row).Select(item => 1 / Math.Log2(item.Index + 2)).FirstOrDefault();
}
