using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using MistralStudio.Core.Schemas.Text;
using MistralStudio.Inference.Structured;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Structured;

public sealed class RegexGrammarTests
{
    [Theory]
    [InlineData("a(b|cd)*e?")]
    [InlineData("[a-c]{2,4}|x+y")]
    [InlineData("(a|ab)(c|bcd)(d*)")]
    [InlineData("^ab$|^cd$")]
    [InlineData("(?:a?){6}a{3}")]
    [InlineData(@"\d{1,2}:\d\d")]
    [InlineData("[^ab]c|.d")]
    [InlineData("(a*)*b")]
    [InlineData("x{0}|[ab-]*")]
    public void FromRegex_AcceptsWhatDotNetMatches_InEveryShortText(string pattern)
    {
        var grammar = OutputGrammar.FromRegex(pattern).Value;
        var expected = new Regex($"^(?:{pattern})$", RegexOptions.ECMAScript | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        foreach (var text in Texts("abcdxy1:", 4))
        {
            Assert.True(expected.IsMatch(text) == grammar.Accepts(Encoding.ASCII.GetBytes(text)), $"{pattern} over \"{text}\"");
        }
    }

    [Fact]
    public void FromRegex_SpellsEveryCharacterInUtf8()
    {
        foreach (var (pattern, set) in new[] { (".", CharSet.Dot), (@"\p{Lu}", CharSet.Property("Lu")!), (@"[^\u0080-\uffff]", CharSet.Of((0x80, 0xFFFF)).Negate()), ("[߿-ࠂ]", CharSet.Of((0x7FF, 0x802))) })
        {
            var grammar = OutputGrammar.FromRegex(pattern).Value;
            for (var rune = 0; rune <= CharSet.Last; rune += rune < 0x11000 ? 1 : 997)
            {
                if (Rune.IsValid(rune))
                {
                    Assert.True(set.Contains(rune) == grammar.Accepts(Encoding.UTF8.GetBytes(new Rune(rune).ToString())), $"{pattern}: U+{rune:X4}");
                }
            }

            Assert.False(grammar.Accepts([0xC0, 0x80]), "an overlong spelling");
            Assert.False(grammar.Accepts([0xED, 0xA0, 0x80]), "a surrogate");
        }
    }

    [Theory]
    [InlineData("(", "never closed")]
    [InlineData("a)", "never opened")]
    [InlineData("(?=a)", "look-around")]
    [InlineData(@"(a)\1", "back reference")]
    [InlineData(@"\bword", "word boundaries")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("a{2,1}", "n not above m")]
    [InlineData(@"\p{Script=Greek}", "Script=Greek")]
    [InlineData("[z-a]", "a later one")]
    [InlineData("(?i)a", "flags")]
    public void FromRegex_SaysWhatItCannotUse(string pattern, string reason)
    {
        var error = OutputGrammar.FromRegex(pattern).Error!;
        Assert.Equal("schema.invalid_pattern", error.Code);
        Assert.Contains(reason, error.Message);
    }

    [Theory]
    [InlineData("(a|b)*a(a|b){40}")]
    [InlineData("((a{1,100}){1,100}){1,100}")]
    [InlineData("(.*a){25}")]
    [InlineData("((((((a*)*)*)*)*)*)*b")]
    public void FromRegex_NeitherHangsNorFills_WhateverTheExpression(string pattern)
    {
        var started = Stopwatch.GetTimestamp();
        var grammar = OutputGrammar.FromRegex(pattern);
        Assert.True(grammar.IsSuccess || grammar.Error.Code == "schema.too_large", grammar.Error?.ToString());
        Unhurried.Ended(started);
    }

    [Fact]
    public void FromChoices_AcceptsTheChoicesAlone()
    {
        var grammar = OutputGrammar.FromChoices(["yes", "yesterday", "no \"way\"", "日本"]).Value;
        Assert.All(new[] { "yes", "yesterday", "no \"way\"", "日本" }, text => Assert.True(grammar.Accepts(Encoding.UTF8.GetBytes(text))));
        Assert.All(new[] { "", "y", "yester", "nope", "日" }, text => Assert.False(grammar.Accepts(Encoding.UTF8.GetBytes(text))));
        Assert.Equal("schema.no_choices", OutputGrammar.FromChoices([]).Error!.Code);
    }

    [Fact]
    public void AnEndOfTurn_IsLeftWhereTheAnswerMayEnd_AndOnlyThere()
    {
        var end = Vocabularies.Bytes.Vocabulary.EndOfTurn.Single();
        var state = OutputGrammar.FromChoices(["yes", "yesterday"]).Value.Start(Vocabularies.Bytes).Value;
        Assert.DoesNotContain(end, state.Allowed(Vocabularies.Bytes));
        Assert.All("yes", letter => Assert.True(state.Accept(letter)));
        Assert.Equal(['t', end], state.Allowed(Vocabularies.Bytes));
        Assert.False(state.IsFinished);
        Assert.All("terday", letter => Assert.True(state.Accept(letter)));
        Assert.Equal([end], state.Allowed(Vocabularies.Bytes));
        Assert.True(state.IsFinished && state.IsComplete && state.Accept(end));
    }

    private static IEnumerable<string> Texts(string letters, int longest)
    {
        IEnumerable<string> texts = [""];
        return Enumerable.Range(0, longest).Aggregate(texts, (all, _) => all.Concat(all.SelectMany(text => letters.Select(letter => text + letter))).Distinct()).ToList();
    }
}
