using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tests.Gguf;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

public sealed class TokenizersTests : IDisposable
{
    private static readonly string[] s_byteTokens = [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
    private static readonly string[] s_words = ["▁", "a", "b", "▁a", "ab", "▁ab", "▁▁"];

    private readonly TempFolder _folder = new();

    /// <summary>All bytes and a few merges: nothing of any text is lost.</summary>
    private static GgufBytes Bytes(string pre) => new GgufBytes()
        .Text("tokenizer.ggml.model", "gpt2")
        .Text("tokenizer.ggml.pre", pre)
        .Texts("tokenizer.ggml.tokens", null, [.. Enumerable.Range(0, 256).Select(value => ByteSymbols.Of((byte)value).ToString()), "he", "Ġhe", "<s>", "</s>"])
        .Int32s("tokenizer.ggml.token_type", [.. Enumerable.Repeat(1, 258), 3, 3])
        .Texts("tokenizer.ggml.merges", null, "h e", "Ġ he")
        .UInt32("tokenizer.ggml.bos_token_id", 258)
        .UInt32("tokenizer.ggml.eos_token_id", 259);

    private static GgufBytes Pieces() => new GgufBytes()
        .Text("tokenizer.ggml.model", "llama")
        .Texts("tokenizer.ggml.tokens", null, ["<unk>", "<s>", "</s>", .. s_byteTokens, .. s_words])
        .Int32s("tokenizer.ggml.token_type", [2, 3, 3, .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, s_words.Length)])
        .Floats("tokenizer.ggml.scores", [0, 0, 0, .. Enumerable.Repeat(0f, 256), -9, -9, -9, -2, -1, -3, -4])
        .UInt32("tokenizer.ggml.bos_token_id", 1)
        .UInt32("tokenizer.ggml.eos_token_id", 2);

    public static TheoryData<string> PreTokenizers => [.. PreTokenizer.Names, "sentencepiece"];

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void Decode_GivesAnyTextBack_HalfSurrogatesAsReplacementCharacters(string name)
    {
        var tokenizer = Open(name == "sentencepiece" ? Pieces() : Bytes(name));
        Prop.ForAll(AnyText.ToArbitrary(), text =>
        {
            // SentencePiece has no other sign for a space than this one.
            text = text.Replace('▁', '_');
            var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            var tokens = tokenizer.Encode(text, parseSpecial: false);
            return tokens.All(token => !tokenizer.Vocabulary.IsControl(token))
                && TokenDecoder.Decode(tokenizer.Vocabulary, tokens) == wellFormed
                && tokenizer.Encode(text, parseSpecial: true).Length <= tokens.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void Encode_TakesTimeThatGrowsWithTheText_WhateverItHolds(string name)
    {
        var tokenizer = Open(name == "sentencepiece" ? Pieces() : Bytes(name));
        string[] units = ["a", "A", " ", "\n", " \n", "1", "中", "中A", "e\u0301", "'", "'s", "!", "\uD83D", "<s>", "<", "▁", "h", " he", "\t1"];
        var started = Stopwatch.GetTimestamp();
        foreach (var unit in units)
        {
            tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, 200_000)), parseSpecial: true);
        }

        // 4 million characters: seconds where the work is linear, hours where it is quadratic.
        Unhurried.Ended(started);
    }

    [Fact]
    public void Encode_JoinsByScore_PutsASpaceBefore_AndFallsBackToBytes()
    {
        var tokenizer = Open(Pieces());
        Assert.Equal([Word("▁ab"), Word("▁a")], tokenizer.Encode("ab a", parseSpecial: false));
        Assert.Equal([Word("▁▁"), Word("b")], tokenizer.Encode(" b", parseSpecial: false));
        Assert.Equal([Word("▁"), 3 + 0xC3, 3 + 0xA4], tokenizer.Encode("ä", parseSpecial: false));
        Assert.Equal([], tokenizer.Encode("", parseSpecial: false));
        // A template writes the space behind its control token or leaves it to the tokenizer: both are one space.
        Assert.Equal([1, Word("▁a")], tokenizer.Encode("<s> a", parseSpecial: true));
        Assert.Equal([1, Word("▁a")], tokenizer.Encode("<s>a", parseSpecial: true));
        Assert.Equal([1, Word("▁a")], tokenizer.EncodePrompt("a", parseSpecial: false));
    }

    [Fact]
    public void Encode_NeverMakesAControlOrByteToken_FromOrdinaryText()
    {
        var tokenizer = Open(Pieces());
        Assert.DoesNotContain(tokenizer.Encode("<s></s><unk><0x0A>", parseSpecial: false), token => token is 0 or 1 or 2 or 3 + 0x0A);
    }

    [Fact]
    public void Encode_WritesOneUnknown_ForCharactersThatAVocabularyWithoutBytesLacks()
    {
        var tokenizer = Open(new GgufBytes()
            .Text("tokenizer.ggml.model", "llama")
            .Texts("tokenizer.ggml.tokens", null, "<unk>", "▁", "a")
            .Int32s("tokenizer.ggml.token_type", 2, 1, 1)
            .Floats("tokenizer.ggml.scores", 0, -1, -2));
        Assert.Equal([1, 2, 0, 2], tokenizer.Encode("aüöa", parseSpecial: false));
    }

    [Fact]
    public void Encode_TakesAWholeToken_OnlyWhereThePreTokenizerSaysSo()
    {
        GgufBytes Unreachable(string pre) => new GgufBytes()
            .Text("tokenizer.ggml.model", "gpt2")
            .Text("tokenizer.ggml.pre", pre)
            .Texts("tokenizer.ggml.tokens", null, "a", "b", "c", "abc")
            .Texts("tokenizer.ggml.merges", null);
        Assert.Equal([3], Open(Unreachable("tekken")).Encode("abc", parseSpecial: false));
        Assert.Equal([0, 1, 2], Open(Unreachable("qwen2")).Encode("abc", parseSpecial: false));
    }

    [Theory]
    [InlineData("llama-bpe", null, true)]
    [InlineData("tekken", null, true)]
    [InlineData("qwen2", null, false)]
    [InlineData("llama-bpe", false, false)]
    [InlineData("qwen2", true, true)]
    public void EncodePrompt_BeginsTheSequence_AsTheFileOrItsPreTokenizerSays(string pre, bool? says, bool begins)
    {
        var file = Bytes(pre);
        if (says is { } flag)
        {
            file.Flag("tokenizer.ggml.add_bos_token", flag);
        }

        Assert.Equal(begins ? [258, 256] : [256], Open(file.Flag("tokenizer.ggml.add_eos_token", true)).EncodePrompt("he", parseSpecial: false));
    }

    [Fact]
    public void EncodeWhole_EndsTheSequence_WhereTheFileSaysSo() => Assert.Equal(
        [258, 256, 259],
        Open(Bytes("llama-bpe").Flag("tokenizer.ggml.add_eos_token", true)).EncodeWhole("he", parseSpecial: false));

    public static TheoryData<string, string> Refused => new()
    {
        { "none", "it has no tokenizer" },
        { "model", "\"t5\" is not supported" },
        { "pre", "\"gemma-99\" is not supported" },
        { "no tokens", "not a list of 1 to" },
        { "kinds", "260 tokens, but 1 token types" },
        { "merge", "\"x yz\" names a token that its vocabulary lacks" },
        { "no merges", "has no merges" },
        { "no scores", "has no scores" },
        { "scores", "1 scores" },
        { "byte", "is not of the form <0xFF>" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void FromGguf_SaysWhatIsWrong(string lie, string reason)
    {
        var described = lie switch
        {
            "none" => new GgufBytes(),
            "model" => new GgufBytes().Text("tokenizer.ggml.model", "t5").Texts("tokenizer.ggml.tokens", null, "a"),
            "pre" => Bytes("gemma-99"),
            "no tokens" => new GgufBytes().Text("tokenizer.ggml.model", "gpt2").Texts("tokenizer.ggml.tokens", null),
            "kinds" => Changed(Bytes("qwen2"), "token_type", bytes => bytes.Int32s("tokenizer.ggml.token_type", 1)),
            "merge" => Changed(Bytes("qwen2"), "merges", bytes => bytes.Texts("tokenizer.ggml.merges", null, "h e", "x yz")),
            "no merges" => Changed(Bytes("qwen2"), "merges", bytes => bytes),
            "no scores" => Changed(Pieces(), "scores", bytes => bytes),
            "scores" => Changed(Pieces(), "scores", bytes => bytes.Floats("tokenizer.ggml.scores", 0)),
            _ => new GgufBytes().Text("tokenizer.ggml.model", "llama").Texts("tokenizer.ggml.tokens", null, "<0xZZ>")
                .Int32s("tokenizer.ggml.token_type", 6).Floats("tokenizer.ggml.scores", 0),
        };
        using var file = GgufFile.Open(_folder.Write("model.gguf", described.ToArray())).Value;
        var error = Tokenizers.FromGguf(file).Error!;
        Assert.Equal("model.unreadable", error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 300)]
    public bool FromGguf_NeverThrows_WhateverBytesAreChanged(NonNegativeInt at, byte[] replacement, bool pieces)
    {
        var bytes = (pieces ? Pieces() : Bytes("llama-bpe")).ToArray();
        for (var i = 0; i < replacement.Length; i++)
        {
            bytes[(at.Get * 37 + i) % bytes.Length] = replacement[i];
        }

        var path = _folder.Write($"{Guid.NewGuid():N}.gguf", bytes);
        if (GgufFile.Open(path) is { IsSuccess: true } opened)
        {
            using var file = opened.Value;
            if (Tokenizers.FromGguf(file) is { IsSuccess: true } tokenizer)
            {
                TokenDecoder.Decode(tokenizer.Value.Vocabulary, tokenizer.Value.EncodeWhole("he said ab </s> ä\uD800 12", parseSpecial: true));
            }
        }

        File.Delete(path);
        return true;
    }

    public void Dispose() => _folder.Dispose();

    private static Gen<string> AnyText => Gen.OneOf(
        Gen.Choose(0, 0xFFFF).Select(c => (char)c),
        Gen.Choose(0xD800, 0xDFFF).Select(c => (char)c),
        Gen.Elements("ab he he \n\t'sA1▁<s>/".ToCharArray())).ArrayOf().Select(characters => new string(characters));

    private static int Word(string word) => 3 + 256 + Array.IndexOf(s_words, word);

    private static GgufBytes Changed(GgufBytes bytes, string key, Func<GgufBytes, GgufBytes> change) => change(bytes.Without($"tokenizer.ggml.{key}"));

    private Tokenizer Open(GgufBytes bytes)
    {
        using var file = GgufFile.Open(_folder.Write($"{Guid.NewGuid():N}.gguf", bytes.ToArray())).Value;
        return Tokenizers.FromGguf(file).Value;
    }
}
