using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Tokenization;

/// <summary>The scanners against their published patterns, run by the framework's regular expressions.</summary>
public sealed class PreTokenizerTests
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Each pattern cuts what the one before it left.</summary>
    private static readonly Dictionary<string, string[]> s_patterns = new()
    {
        ["gpt-2"] = [Gpt2],
        ["smollm"] = [@"\p{N}", Gpt2],
        ["default"] = [@"[\p{P}\$\+<=>\^~\|]+", Gpt2[..^4], @"\p{N}+", "[0-9][0-9][0-9]"],
        ["llama-bpe"] = [Llama],
        ["qwen2"] = [Llama.Replace("{1,3}", "")],
        ["tekken"] = [Tekken],
    };

    public static TheoryData<string> Known => [.. s_patterns.Keys];

    private static Gen<string> Texts => Gen.OneOf(
        Gen.Elements("aZbǅ ʰ中\u0301\u0301é 1234²५Ⅳ'sSTrevVEmldLL \t\n\r\u00A0\u2003.,!$+<=>^~|/€\uFFFD\u200B\0\u1680".ToCharArray()),
        Gen.Choose(0, 0xFFFF).Where(c => !char.IsSurrogate((char)c)).Select(c => (char)c))
        .ArrayOf().Resize(40).Select(characters => new string(characters));

    [Theory]
    [MemberData(nameof(Known))]
    public void NextPiece_CutsAsThePublishedPattern(string name) => Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var expected = Expected(text, s_patterns[name]);
        var pieces = Pieces(name, text);
        return expected.SequenceEqual(pieces).Label($"{text}: [{string.Join('|', pieces)}] instead of [{string.Join('|', expected)}]");
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Theory]
    [MemberData(nameof(Known))]
    public void NextPiece_CutsEveryTextIntoAllOfIt_SurrogatesAndHalvesIncluded(string name) => Prop.ForAll(
        Gen.OneOf(Gen.Elements("🧑‍🚀𝒳𞤀𐌰 1'\uD83D\uDC00\n".ToCharArray()), Gen.Choose(0xD800, 0xDFFF).Select(c => (char)c)).ArrayOf().ToArbitrary(),
        characters =>
        {
            var text = new string(characters);
            return string.Concat(Pieces(name, text)) == text;
        }).Check(Config.QuickThrowOnFailure);

    [Theory]
    [InlineData("tekken", "HELLOWorld 中AA中", "HELLOWorld| 中AA中")]
    [InlineData("tekken", "dog/house//\n x", "dog|/house|//\n| x")]
    [InlineData("tekken", "camelCaseHTMLParser2024", "camel|Case|HTMLParser|2|0|2|4")]
    [InlineData("llama-bpe", "It'LL cost 1234567€!\n\n ok", "It|'LL| cost| |123|456|7|€!\n\n| ok")]
    [InlineData("qwen2", "a  b 12", "a| | b| |1|2")]
    [InlineData("default", "price: 12345 $+1", "price|:| |123|45| |$+|1")]
    public void NextPiece_CutsWhatAPersonCanCheck(string name, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Pieces(name, text)));

    private static List<string> Pieces(string name, string text)
    {
        var pieces = new List<string>();
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var length = PreTokenizer.Named(name)!.NextPiece(rest);
            pieces.Add(rest[..length].ToString());
            rest = rest[length..];
        }

        return pieces;
    }

    private static IEnumerable<string> Expected(string text, IEnumerable<string> patterns) => patterns.Aggregate(
        (IEnumerable<string>)(text.Length == 0 ? [] : [text]),
        (chunks, pattern) => [.. chunks.SelectMany(chunk => Cut(chunk, pattern))]);

    private static IEnumerable<string> Cut(string chunk, string pattern)
    {
        var end = 0;
        foreach (Match match in Regex.Matches(chunk, pattern, RegexOptions.CultureInvariant))
        {
            if (match.Index > end)
            {
                yield return chunk[end..match.Index];
            }

            yield return match.Value;
            end = match.Index + match.Length;
        }

        if (end < chunk.Length)
        {
            yield return chunk[end..];
        }
    }
}
