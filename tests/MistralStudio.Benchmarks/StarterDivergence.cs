using System.Text.Json;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Tests.Decoders;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How far the starter model's answers here are from float32, mean nats a position.</summary>
/// <param name="Golden">On the golden prompts, for which llama.cpp's distance is recorded.</param>
/// <param name="Other">On text that no choice was made by: abstracts of medical papers.</param>
internal sealed record StarterDivergence(double Golden, double Other)
{
    private const int OtherTexts = 3;
    private const int OtherTokens = 128;

    public static StarterDivergence? Measure(string model, int capacity, string folder, DecoderForm form)
    {
        if (SharedData.Find("data", "golden", "smollm2-logits.json") is not { } golden ||
            SharedData.Find("data", "retrieval", "pubmedqa", "ori_pqal.json") is not { } papers)
        {
            return null;
        }

        using var file = GgufFile.Open(model).Value;
        var shape = DecoderShape.Read(file).Value;
        var graph = DecoderCompiler.Compile(file, shape, $"divergence {model}", capacity, form, new GraphCache(folder)).Value;
        using var decoder = new OnnxDecoder(graph, shape, slots: 1, capacity, Environment.ProcessorCount);
        var reference = new ReferenceDecoder(file);
        return new(
            GoldenPrompts(golden).Average(tokens => Of(tokens, reference, decoder, shape.Vocabulary)),
            Papers(papers, Tokenizers.FromGguf(file).Value).Average(tokens => Of(tokens, reference, decoder, shape.Vocabulary)));
    }

    /// <summary>llama.cpp's distance on the golden prompts, from the same float32 arithmetic on the same file; null where the prompts are absent.</summary>
    public static async Task<double?> MeasureLlamaAsync(LlamaCpp llama, string model)
    {
        if (SharedData.Find("data", "golden", "smollm2-logits.json") is not { } golden)
        {
            return null;
        }

        using var file = GgufFile.Open(model).Value;
        var vocabulary = DecoderShape.Read(file).Value.Vocabulary;
        var reference = new ReferenceDecoder(file);
        using var server = await llama.StartServerAsync(model, slots: 1, Environment.ProcessorCount);
        var prompts = new List<double>();
        foreach (var tokens in GoldenPrompts(golden))
        {
            var exact = reference.Logits(tokens);
            var sum = 0.0;
            for (var t = 0; t < tokens.Length; t++)
            {
                var next = await server.NextAsync(tokens.AsMemory(0, t + 1), vocabulary);
                sum += Distributions.Divergence(exact[t], next);
            }

            prompts.Add(sum / tokens.Length);
        }

        return prompts.Average();
    }

    private static double Of(int[] tokens, ReferenceDecoder reference, OnnxDecoder decoder, int vocabulary)
    {
        var exact = reference.Logits(tokens);
        var logits = decoder.Score(tokens);
        var sum = 0.0;
        for (var t = 0; t < tokens.Length; t++)
        {
            sum += Distributions.Divergence(exact[t], logits.Slice(t * vocabulary, vocabulary));
        }

        return sum / tokens.Length;
    }

    private static List<int[]> GoldenPrompts(string path)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(path));
        return [.. golden.RootElement.GetProperty("cases").EnumerateArray()
            .Select(item => item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray())];
    }

    private static List<int[]> Papers(string path, Tokenizer tokenizer)
    {
        using var papers = JsonDocument.Parse(File.ReadAllText(path));
        return [.. papers.RootElement.EnumerateObject().Take(OtherTexts)
            .Select(paper => tokenizer.Encode(paper.Value.GetProperty("CONTEXTS")[0].GetString()!, parseSpecial: false).Take(OtherTokens).ToArray())];
    }
}
