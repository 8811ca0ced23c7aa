using System.Diagnostics;
using System.Text.Json;
using FsCheck.Xunit;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

public sealed class ByteLevelBpeTests
{
    [Fact]
    public void Encode_GivesTheReferenceIds_ForEveryGoldenText()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "golden", "smollm2-tokenizer.json")));
        var cases = golden.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(231, cases.Count);
        foreach (var expected in cases)
        {
            var text = expected.GetProperty("text").GetString()!;
            var ids = Ids(expected.GetProperty("ids"));
            var plain = expected.TryGetProperty("ids_plain", out var own) ? Ids(own) : ids;
            Assert.Equal(ids, StarterTokenizer.Tokenizer.Encode(text, parseSpecial: true));
            Assert.Equal(plain, StarterTokenizer.Tokenizer.Encode(text, parseSpecial: false));
            Assert.Equal(plain.Length, StarterTokenizer.Tokenizer.Count(text));
        }
    }

    [Fact]
    public void EndOfTurn_HoldsTheTokensThatEndAnAnswer() =>
        Assert.Equal([0, 2], StarterTokenizer.Tokenizer.Vocabulary.EndOfTurn.Order());

    [Property]
    public bool Decode_GivesTheTextBack_ForAnyTextWithoutControlCharacters(string? text)
    {
        // The vocabulary lacks some control bytes, and half a surrogate pair is no text.
        var clean = new string([.. (text ?? "").Where(c => !char.IsControl(c) && !char.IsSurrogate(c))]);
        var tokens = StarterTokenizer.Tokenizer.Encode(clean, parseSpecial: false);
        return TokenDecoder.Decode(StarterTokenizer.Tokenizer.Vocabulary, tokens) == clean;
    }

    [Fact]
    public void Encode_IsNotQuadratic_OnAWordOfAHundredThousandCharacters()
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var word in new[] { new string('a', 100_000), new string(' ', 100_000), string.Concat(Enumerable.Repeat("wörld", 20_000)), new string('中', 100_000) })
        {
            Assert.NotEmpty(StarterTokenizer.Tokenizer.Encode(word, parseSpecial: true));
        }

        Unhurried.Ended(started);
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
