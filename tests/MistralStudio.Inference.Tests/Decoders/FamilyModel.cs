using System.Numerics.Tensors;
using System.Text.Json;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Operators;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>A tiny checkpoint of a family, compiled and loaded, and what it is known to answer.</summary>
internal sealed class FamilyModel : IDisposable
{
    public const int Capacity = 192;

    private readonly TempFolder _folder = new();
    private readonly GgufFile _file;

    public FamilyModel(string path, DecoderForm form, bool allFloat)
    {
        Assert.SkipUnless(form != DecoderForm.Packed || OperatorLibrary.IsSupported, "This processor has no AVX2.");
        _file = GgufFile.Open(path).Value;
        Shape = DecoderShape.Read(_file).Value;
        var graph = DecoderCompiler.Compile(_file, Shape, "tiny", Capacity, form, new GraphCache(_folder.Path), allFloat).Value;
        Decoder = new OnnxDecoder(graph, Shape, slots: 3, Capacity, threads: 2);
    }

    public DecoderShape Shape { get; }

    public OnnxDecoder Decoder { get; }

    public int Vocabulary => Shape.Vocabulary;

    /// <summary>The files of one family and type by their name, "llama/llama-q4_0".</summary>
    public static string Find(string name) => SharedData.Require(["data", "models-tiny", "families", .. $"{name}.gguf".Split('/')]);

    /// <summary>What a file is known to answer.</summary>
    public static List<Golden> Goldens(string name)
    {
        var parts = name.Split('/');
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "models-tiny", "families", parts[0], "golden-gguf.json")));
        return Cases(golden.RootElement.GetProperty("files").GetProperty($"{parts[1]}.gguf"));
    }

    /// <summary>What the family is known to answer in float32, as its publisher's own code computes it.</summary>
    public static List<Golden> Published(string family)
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "models-tiny", "families", family, "golden.json")));
        return Cases(golden.RootElement);
    }

    /// <summary>The likeliest tokens one after the other, from the logits after a prompt in slot 0.</summary>
    public List<int> Greedy(float[] logits, int position, int count)
    {
        var tokens = new List<int> { TensorPrimitives.IndexOfMax<float>(logits) };
        while (tokens.Count < count)
        {
            tokens.Add(TensorPrimitives.IndexOfMax<float>(Decoder.Decode([tokens[^1]], [position++])));
        }

        return tokens;
    }

    /// <summary>Logits after a prompt in slot 0.</summary>
    public float[] Prefill(int[] tokens, int chunk = int.MaxValue, int slot = 0)
    {
        Span<float> logits = [];
        for (var start = 0; start < tokens.Length; start += Math.Min(chunk, tokens.Length))
        {
            logits = Decoder.Prefill(slot, tokens.AsSpan(start, Math.Min(chunk, tokens.Length - start)), start, start + (long)chunk >= tokens.Length);
        }

        return logits.ToArray();
    }

    public void Dispose()
    {
        Decoder.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }

    private static List<Golden> Cases(JsonElement file) =>
    [
        .. file.GetProperty("cases").EnumerateArray().Select(item => new Golden(
            Numbers(item, "input_ids"),
            [.. item.GetProperty("last_logits").EnumerateArray().Select(logit => logit.GetSingle())],
            Numbers(item, "greedy_tokens"))),
    ];

    private static int[] Numbers(JsonElement item, string name) =>
        item.TryGetProperty(name, out var numbers) && numbers.ValueKind == JsonValueKind.Array ? [.. numbers.EnumerateArray().Select(number => number.GetInt32())] : [];
}

/// <summary>A prompt, the logits after its last token, and the tokens that follow greedily (none where that was not recorded).</summary>
internal sealed record Golden(int[] Tokens, float[] Logits, int[] Greedy);
