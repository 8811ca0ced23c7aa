using System.IO.Compression;
using System.Text.Json;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

/// <summary>Every recorded text, exactly.</summary>
public sealed class TokenizerGoldenTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Encode_GivesTheReferenceIds_OfTekken()
    {
        var tokenizer = Tekken(_folder);
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "tokenizers", "tekken", "tekken-golden.json")));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(327, cases.Count);
        foreach (var expected in cases)
        {
            var text = expected.GetProperty("text").GetString()!;
            var ids = Ids(expected.GetProperty("ids"));
            var plain = expected.TryGetProperty("ids_plain", out var own) ? Ids(own) : ids;
            Assert.Equal(ids, tokenizer.Encode(text, parseSpecial: true));
            Assert.Equal(plain, tokenizer.Encode(text, parseSpecial: false));
            Assert.Equal(text, TokenDecoder.Decode(tokenizer.Vocabulary, plain));
        }

        Assert.Equal([1, 22177], tokenizer.EncodePrompt("Hello", parseSpecial: false));
        Assert.Equal([1, 22177], tokenizer.EncodePrompt("<s>Hello", parseSpecial: true));
        Assert.Equal([1, 22177], tokenizer.EncodeWhole("Hello", parseSpecial: false));
    }

    [Theory]
    [InlineData("ggml-vocab-gpt-2.gguf")]
    [InlineData("ggml-vocab-llama-spm.gguf")]
    public void Encode_GivesTheReferenceIds_OfLlamaCppsVocabularies(string name)
    {
        var folder = SharedData.Require("data", "tokenizers", "gguf-vocab");
        using var file = GgufFile.Open(Path.Combine(folder, name)).Value;
        var tokenizer = Tokenizers.FromGguf(file).Value;
        var inputs = File.ReadAllText(Path.Combine(folder, $"{name}.inp")).Split("\n__ggml_vocab_test__\n");
        var outputs = File.ReadAllLines(Path.Combine(folder, $"{name}.out"));
        Assert.True(outputs.Length > 30);
        Assert.Equal(outputs.Length, inputs.Length - 1);
        foreach (var (input, output) in inputs.Zip(outputs))
        {
            Assert.Equal(output.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), tokenizer.Encode(input, parseSpecial: false));
        }
    }

    [Theory]
    [InlineData("v1", "tokenizer.model.v1")]
    [InlineData("v2", "mistral_instruct_tokenizer_240216.model.v2")]
    [InlineData("v2", "mistral_instruct_tokenizer_240323.model.v3")]
    [InlineData("v2", "mistral_instruct_tokenizer_241114.model.v7")]
    public void Encode_GivesSentencePiecesIds_OfMistralsVocabularies(string column, string name)
    {
        var tokenizer = SentencePieceModel.Read(SharedData.Require("data", "tokenizers", "mistral-spm", name));
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(SharedData.Root, "tests", "MistralStudio.Inference.Tests", "Golden", "mistral-spm.json")));
        foreach (var expected in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var text = expected.GetProperty("text").GetString()!;
            var tokens = tokenizer.Encode(text, parseSpecial: false);
            Assert.Equal(Ids(expected.GetProperty(column)), tokens);
            Assert.Equal(text, TokenDecoder.Decode(tokenizer.Vocabulary, tokens));
        }
    }

    public void Dispose() => _folder.Dispose();

    internal static Tokenizer Tekken(TempFolder folder)
    {
        var path = folder.File("tekken.gguf");
        using (var packed = new GZipStream(
            File.OpenRead(SharedData.Require("data", "tokenizers", "tekken", "tekken_240911-vocab.gguf.gz")), CompressionMode.Decompress))
        using (var unpacked = File.Create(path))
        {
            packed.CopyTo(unpacked);
        }

        using var file = GgufFile.Open(path).Value;
        return Tokenizers.FromGguf(file).Value;
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
