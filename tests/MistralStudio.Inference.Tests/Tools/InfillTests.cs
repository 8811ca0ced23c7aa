using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Tools;

public sealed class InfillTests
{
    [Theory]
    [InlineData("<|fim_prefix|>,<|fim_suffix|>,<|fim_middle|>", "<|fim_prefix|>ab<|fim_suffix|>c<|fim_middle|>")]
    [InlineData("[SUFFIX],[PREFIX]", "[SUFFIX]c[PREFIX]ab")]
    [InlineData("<fim_prefix>,<fim_suffix>", null)]
    public void AGap_IsWrittenAsTheFamilyLearntIt(string controls, string? expected)
    {
        var tokenizer = new LetterTokenizer(controls.Split(','));
        var tokens = CompletionRequests.Infill(tokenizer, "ab", "c");
        Assert.Equal(expected, tokens is null ? null : string.Concat(tokens.Select(tokenizer.Vocabulary.Name)));
    }

    // A token for each of three letters, and control tokens behind them.
    private sealed class LetterTokenizer(string[] controls) : Tokenizer(new Vocabulary(
        [.. new[] { "a", "b", "c" }.Concat(controls).Select(System.Text.Encoding.UTF8.GetBytes)],
        [.. Enumerable.Repeat(TokenKind.Normal, 3), .. controls.Select(_ => TokenKind.Control)],
        controls.Select((name, i) => KeyValuePair.Create(name, i + 3)),
        []))
    {
        public override void EncodeOrdinary(ReadOnlySpan<char> text, bool afterSpecial, List<int> tokens)
        {
            foreach (var letter in text)
            {
                tokens.Add(letter - 'a');
            }
        }
    }
}
