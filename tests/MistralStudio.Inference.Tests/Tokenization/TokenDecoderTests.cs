using System.Text;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Tokenization;

public sealed class TokenDecoderTests
{
    private const int End = 256;

    private static readonly Vocabulary s_bytes = new(
        [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), "<end>"u8.ToArray()],
        [.. Enumerable.Repeat(TokenKind.Normal, 256), TokenKind.Control],
        [KeyValuePair.Create("<end>", End)],
        [End]);

    [Fact]
    public void Push_GivesACharacterWhole_WhenItsBytesComeOneByOne()
    {
        var decoder = new TokenDecoder(s_bytes);
        var pieces = Encoding.UTF8.GetBytes("aé中🌍").Select(value => decoder.Push(value)).ToList();
        Assert.Equal(["a", "", "é", "", "", "中", "", "", "", "🌍"], pieces);
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Push_KeepsControlTokensOutOfTheText() => Assert.Equal("ab", TokenDecoder.Decode(s_bytes, ['a', End, 'b']));

    [Fact]
    public void Flush_GivesAReplacementCharacter_WhenTheAnswerEndsInsideACharacter() =>
        Assert.Equal("a\ufffd", TokenDecoder.Decode(s_bytes, ['a', 0xF0, 0x9F]));

    [Fact]
    public void Push_ReplacesBytesThatAreNoText_AndGoesOn() => Assert.Equal("a\ufffdb", TokenDecoder.Decode(s_bytes, ['a', 0xFF, 'b']));
}
