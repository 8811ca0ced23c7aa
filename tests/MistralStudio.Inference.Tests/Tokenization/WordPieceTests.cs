using System.Text.Json;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

public sealed class WordPieceTests
{
    private static readonly WordPiece s_bert = new(File.ReadAllLines(Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2", "vocab.txt")));

    [Fact]
    public void EncodeSequence_GivesTheReferenceIds_ForEveryGoldenText()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "golden", "minilm-embeddings.json")));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(60, cases.Count);
        foreach (var expected in cases)
        {
            var text = expected.GetProperty("text").GetString()!;
            Assert.Equal(expected.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), s_bert.EncodeSequence(text, 256));
            Assert.Equal(expected.GetProperty("untruncated_tokens").GetInt32(), s_bert.Encode(text, parseSpecial: true).Length + 2);
        }
    }

    [Fact]
    public void Encode_GivesTheReferenceIds_ForTheVocabularyTestOfLlamaCpp()
    {
        var folder = SharedData.Require("data", "tokenizers", "gguf-vocab");
        var inputs = File.ReadAllText(Path.Combine(folder, "ggml-vocab-bert-bge.gguf.inp")).Split("\n__ggml_vocab_test__\n");
        var outputs = File.ReadAllLines(Path.Combine(folder, "ggml-vocab-bert-bge.gguf.out"));
        var compared = 0;
        for (var i = 0; i < outputs.Length; i++)
        {
            // A character that the vocabulary lacks is one [UNK] a word in the reference, which llama.cpp follows only in part.
            var actual = s_bert.Encode(inputs[i], parseSpecial: false);
            if (!actual.Contains(100))
            {
                compared++;
                Assert.Equal(outputs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), actual);
            }
        }

        Assert.True(compared > 30, $"Only {compared} texts were compared.");
    }

    [Theory]
    [InlineData("Ünïcödé", "unicode")]
    [InlineData("don\u200bt", "dont")]
    [InlineData("东西", "东 西")]
    [InlineData("a\u0000b\ud800", "ab")]
    [InlineData("wait...what", "wait . . . what")]
    public void Encode_TreatsTextsAlike_ThatNormalisationMakesOne(string left, string right) =>
        Assert.Equal(s_bert.Encode(right, parseSpecial: false), s_bert.Encode(left, parseSpecial: false));

    [Fact]
    public void Encode_RecognisesControlTokensInAText_OnlyWhereAsked()
    {
        Assert.DoesNotContain(103, s_bert.Encode("x [MASK]", parseSpecial: false));
        Assert.Contains(103, s_bert.Encode("x [MASK]", parseSpecial: true));
    }

    [Theory]
    [InlineData(101, false)]
    [InlineData(100, true)]
    public void Encode_MakesOneUnknownToken_OfAWordOfMoreThanAHundredCharacters(int length, bool known) =>
        Assert.Equal(!known, s_bert.Encode(new string('a', length), parseSpecial: false) is [100]);

    [Fact]
    public void EncodeSequence_KeepsTheFirstTokens_OfALongText()
    {
        var tokens = s_bert.EncodeSequence(string.Join(' ', Enumerable.Repeat("word", 100_000)), 256);
        Assert.Equal(256, tokens.Length);
        Assert.Equal((101, 102), (tokens[0], tokens[^1]));
        Assert.DoesNotContain(102, tokens[..^1]);
        Assert.Equal(tokens[..9], s_bert.EncodeSequence(string.Join(' ', Enumerable.Repeat("word", 20)) + "[MASK]", 10)[..9]);
    }
}
