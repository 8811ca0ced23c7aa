using System.Text.Json;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Encoders;

public sealed class EncoderTokensTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mistralstudio-tokens-").FullName;

    [Theory]
    [InlineData(5, 4, 20, 5, 4)]
    [InlineData(5, 4, 9, 5, 4)]
    [InlineData(9, 2, 8, 6, 2)]
    [InlineData(2, 9, 8, 2, 6)]
    [InlineData(5, 5, 9, 5, 4)]
    [InlineData(9, 5, 7, 4, 3)]
    [InlineData(0, 9, 3, 0, 3)]
    public void APair_IsCutTokenByToken_FromTheLongerOne(int first, int second, int room, int firstKept, int secondKept) =>
        Assert.Equal((firstKept, secondKept), PairLengths.Fit(first, second, room));

    [Fact]
    public void Bert_TellsTheSecondText_BySeparatorAndType()
    {
        var tokens = new BertTokens(new WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "is", "it", "me"]));

        var row = tokens.EncodePair("Who is it", "me", 20);

        Assert.Equal([2, 4, 5, 6, 3, 7, 3], row.Tokens);
        Assert.Equal(5, row.Second);
        Assert.Equal([2, 4, 3, 7, 3], tokens.EncodePair("Who is it", "me", 5).Tokens);
        Assert.Equal([2, 3, 3], tokens.EncodePair("", "", 20).Tokens);
    }

    // The best cut of "abab" is "ab" twice (-2) and not "aba" + "b" (-5) nor the letters (-12).
    [Fact]
    public void XlmRoberta_CutsTextsByTheLikeliestPieces_InItsOwnIds()
    {
        var tokens = Read();

        Assert.Equal([0, 4, 6, 2], tokens.Encode("abab", 20));
        Assert.Equal([0, 4, 3, 2], tokens.Encode("ab\u2603", 20));
        Assert.Equal([0, 4, 2], tokens.Encode("abab", 3));
        Assert.Equal([0, 2], tokens.Encode("", 20));
        // Names of control tokens written in a text open nothing.
        Assert.DoesNotContain(2, tokens.Encode("</s>", 20)[1..^1]);

        var row = tokens.EncodePair("abab", "ab", 20);
        Assert.Equal([0, 4, 6, 2, 2, 4, 2], row.Tokens);
        Assert.Equal(5, row.Second);
    }

    [Theory]
    [InlineData("{}", "not of the kind")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[]}}""", "1 to")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":9,"vocab":[["<s>",0]]}}""", "does not know")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1]]}}""", "lacks <s>")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>","0"]]}}""", "not a piece with its score")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["<s>",0],["</s>",0],["<pad>",0],["a",-1],["a",-2]]}}""", "contradicts itself")]
    [InlineData("""{"model":{"type":"Unig""", "")]
    public void AFileOfAnotherKind_IsRefused_WithTheReason(string json, string reason)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json);

        var refused = Tokenizers.ForEncoder(_folder, new EncoderConfig { ModelType = "xlm-roberta", VocabularySize = 100 });

        Assert.Contains(reason, refused.Error!.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal static string UnigramJson() => JsonSerializer.Serialize(new
    {
        added_tokens = new[] { new { id = 0, content = "<s>" }, new { id = 1, content = "<pad>" }, new { id = 2, content = "</s>" }, new { id = 3, content = "<unk>" } },
        normalizer = new { type = "Precompiled", precompiled_charsmap = "" },
        model = new
        {
            type = "Unigram",
            unk_id = 3,
            vocab = new object[][]
            {
                ["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["\u2581ab", -1], ["\u2581aba", -2], ["ab", -1], ["b", -3], ["a", -3], ["\u2581", -3],
            },
        },
    });

    private IEncoderTokens Read()
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), UnigramJson());
        return Tokenizers.ForEncoder(_folder, new EncoderConfig { ModelType = "xlm-roberta", VocabularySize = 100 }).Value;
    }
}
