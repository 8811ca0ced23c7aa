using System.Text;
using System.Text.Json;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Structured;

public sealed class GrammarStateTests
{
    [Fact]
    public void Fork_GoesItsOwnWay()
    {
        var state = OutputGrammar.FromRegex("[ab]{3}").Value.Start(Vocabularies.Bytes).Value;
        Assert.True(state.Accept('a'));
        var fork = state.Fork();
        Assert.True(fork.Accept('b') && fork.Accept('b'));
        Assert.True(fork.IsComplete);
        Assert.False(state.IsComplete);
        Assert.Equal(['a', 'b'], state.Allowed(Vocabularies.Bytes));
    }

    [Fact]
    public void Accept_ChangesNothing_WhereTheTokenIsNotAllowed()
    {
        var state = OutputGrammar.FromRegex("abc").Value.Start(Vocabularies.Bytes).Value;
        Assert.True(state.Accept('a'));
        Assert.False(state.Accept('c'));
        Assert.True(state.Accept('b') && state.Accept('c') && state.IsFinished);
    }

    [Fact]
    public void AnyOf_TellsItsOptionsApartByWhatIsWritten()
    {
        var grammar = OutputGrammar.AnyOf(
            OutputGrammar.Sequence(OutputGrammar.FromChoices(["call:"]).Value, OutputGrammar.AnyJson), OutputGrammar.FromRegex("can.*").Value);
        Assert.True(grammar.Accepts("""call:{"a": [1, null]}"""u8));
        Assert.True(grammar.Accepts("can it?"u8));
        Assert.False(grammar.Accepts("call:"u8));
        Assert.False(grammar.Accepts("call it"u8));
    }

    [Fact]
    public void StartAfter_IsFree_UntilTheTriggerIsWritten()
    {
        var grammar = OutputGrammar.Sequence(OutputGrammar.FromRegex("[0-9]+").Value, OutputGrammar.FromChoices(["</call>"]).Value);
        var state = grammar.StartAfter(Vocabularies.Bytes, "<<call>").Value;
        Assert.Equal(Vocabularies.Bytes.Vocabulary.Count, state.Allowed(Vocabularies.Bytes).Count);
        Assert.All("so: <<<call", letter => Assert.True(state.Accept(letter)));
        Assert.True(!state.IsActive && state.IsComplete);
        Assert.True(state.Accept('>') && state.IsActive && !state.IsComplete);
        Assert.Equal("0123456789".Select(letter => (int)letter), state.Allowed(Vocabularies.Bytes));
        Assert.All("42</call>", letter => Assert.True(state.Accept(letter)));
        Assert.True(state.IsFinished);
    }

    [Fact]
    public void StartAfter_TakesATokenThatGoesOnBehindTheTrigger_OnlyWhereTheGrammarDoes()
    {
        var vocabulary = VocabularyTrie.Of(Vocabularies.Of(["["u8.ToArray(), "[{"u8.ToArray(), "[["u8.ToArray(), "x"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray()]));
        var state = OutputGrammar.FromRegex("\\{\\}").Value.StartAfter(vocabulary, "[").Value;
        Assert.Equal([0, 1, 3, 4, 5, 6], state.Allowed(vocabulary));
        Assert.False(state.Fork().Accept(2));
        Assert.True(state.Accept(1));
        Assert.Equal([5], state.Allowed(vocabulary));
    }

    [Fact]
    public void StartAfter_KnowsAControlTokenByItsName()
    {
        byte[][] texts = ["[CALL]"u8.ToArray(), "a"u8.ToArray(), "b"u8.ToArray(), "</s>"u8.ToArray()];
        var tokens = new Vocabulary(texts, [TokenKind.Control, TokenKind.Normal, TokenKind.Normal, TokenKind.Control], [new("[CALL]", 0), new("</s>", 3)], [3]);
        var vocabulary = VocabularyTrie.Of(tokens);
        var state = OutputGrammar.FromRegex("a").Value.StartAfter(vocabulary, "[CALL]").Value;
        Assert.True(state.Accept(2) && !state.IsActive && state.Accept(0) && state.IsActive);
        Assert.Equal([1], state.Allowed(vocabulary));
    }

    [Fact]
    public void Start_TakesTheSpaceThatTheDecoderTakesAway_AndOnlyAtTheBeginning()
    {
        byte[][] texts = [" {"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(), " }"u8.ToArray(), " "u8.ToArray(), "a"u8.ToArray(), " a"u8.ToArray()];
        var known = new Vocabulary([.. texts, "</s>"u8.ToArray()], [.. texts.Select(_ => TokenKind.Normal), TokenKind.Control], [], [7]) { TextStartsWithSpace = true };
        var vocabulary = VocabularyTrie.Of(known);
        var state = OutputGrammar.FromRegex(@"\{\}").Value.Start(vocabulary).Value;
        Assert.Equal([0, 1, 4], state.Allowed(vocabulary));
        Assert.True(state.Accept(0));
        Assert.Equal([2], state.Allowed(vocabulary));

        // " a" is written as a space that goes and one that stays.
        var spaced = OutputGrammar.FromRegex(" a").Value.Start(vocabulary).Value;
        Assert.Equal([4], spaced.Allowed(vocabulary));
        Assert.True(spaced.Accept(4));
        Assert.Equal([4, 6], spaced.Allowed(vocabulary));
        Assert.True(spaced.Accept(6) && spaced.IsFinished);
        Assert.Equal(" a", TokenDecoder.Decode(known, [4, 6]));

        var later = OutputGrammar.FromRegex(" a").Value.StartAfter(vocabulary, "{").Value;
        Assert.True(later.Accept(1) && later.Accept(6) && later.IsFinished);
    }

    [Fact]
    public void Start_SaysThatTheVocabularyLacksTheTokens()
    {
        var vocabulary = VocabularyTrie.Of(Vocabularies.Of(["a"u8.ToArray()]));
        Assert.Equal("schema.not_writable", OutputGrammar.FromRegex("b").Value.Start(vocabulary).Error!.Code);
        Assert.True(OutputGrammar.FromRegex("a|b").Value.Start(vocabulary).IsSuccess);
    }

    [Fact]
    public void Mask_IsRight_FromManyThreadsAtOnce()
    {
        using var schema = JsonDocument.Parse(OrdinarySchemas.All[1].Schema);
        var grammar = OutputGrammar.FromJsonSchema(schema.RootElement).Value;
        var texts = new string[8];
        Parallel.For(0, texts.Length, i => texts[i] = Walk(grammar));
        Assert.Single(texts.Distinct());

        static string Walk(OutputGrammar grammar)
        {
            var random = new Random(1);
            var state = grammar.Start(Vocabularies.Starter).Value;
            var text = new List<byte>();
            for (var remaining = 200; remaining > 0 && !state.IsFinished; remaining--)
            {
                var allowed = state.Allowed(Vocabularies.Starter, remaining);
                var token = allowed[random.Next(allowed.Count)];
                Assert.True(state.Accept(token));
                text.AddRange(Vocabularies.Starter.Vocabulary.Bytes(token));
            }

            return Encoding.UTF8.GetString([.. text]);
        }
    }

    [Fact]
    public void ACache_GivesTheSameGrammarAgain_AndLetsGoOfTheOneThatWasNotUsedLongest()
    {
        var cache = new GrammarCache(capacity: 2);
        var first = cache.FromRegex("a").Value;
        var second = cache.FromChoices(["a"]).Value;
        Assert.Same(first, cache.FromRegex("a").Value);
        using var schema = JsonDocument.Parse("true");
        Assert.NotSame(second, cache.FromJsonSchema(schema.RootElement).Value);
        Assert.Same(first, cache.FromRegex("a").Value);
        Assert.NotSame(second, cache.FromChoices(["a"]).Value);
        Assert.False(cache.FromRegex("(").IsSuccess);
    }

    [Fact]
    public void Mask_LeavesNothingBeyondTheVocabulary()
    {
        var logits = new float[Vocabularies.Bytes.Vocabulary.Count + 71];
        OutputGrammar.FromRegex("[ab]").Value.Start(Vocabularies.Bytes).Value.Mask(logits, int.MaxValue);
        Assert.Equal(2, logits.Count(logit => !float.IsNegativeInfinity(logit)));
    }
}
