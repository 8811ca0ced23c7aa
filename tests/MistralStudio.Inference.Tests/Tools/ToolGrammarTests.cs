using System.Text;
using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tests.Structured;
using MistralStudio.Inference.Tests.Tokenization;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Tests.Tools;

public sealed class ToolGrammarTests
{
    private static readonly Lazy<VocabularyTrie> s_mistral = new(() => VocabularyTrie.Of(CallSamples.WithMistralTokens(StarterTokenizer.Tokenizer.Vocabulary)));

    private static readonly (ToolFormat Format, Func<VocabularyTrie> Vocabulary)[] s_formats =
    [
        (ToolFormat.Hermes, () => Vocabularies.Starter),
        (ToolFormat.Llama, () => Vocabularies.Starter),
        (ToolFormat.MistralList, () => s_mistral.Value),
        (ToolFormat.MistralNamed, () => s_mistral.Value),
        (ToolFormat.MistralNamed with { WritesIds = true }, () => s_mistral.Value),
    ];

    [Fact]
    public void ADemandedCall_IsWrittenByAnyModel_SoThatItIsReadAndItsArgumentsValidate()
    {
        foreach (var (format, vocabulary) in s_formats)
        {
            var grammar = new ToolGrammar(format, vocabulary().Vocabulary).Whole([CallSamples.Weather, CallSamples.Search], many: true, mayLoosen: false).Value;
            for (var seed = 0; seed < 4; seed++)
            {
                var answer = Walk(grammar.Start(vocabulary()).Value, vocabulary(), seed, tokens: 120);
                var calls = Calls(format, answer);
                Assert.NotEmpty(calls);
                Assert.True(calls.Count == 1 || !format.IsWholeAnswer);
                Assert.All(calls, Validates);
            }
        }
    }

    [Fact]
    public void ACallAfterText_IsHeldToTheSchema_OnceItBegins()
    {
        foreach (var (format, vocabulary) in s_formats)
        {
            var grammar = new ToolGrammar(format, vocabulary().Vocabulary);
            var state = grammar.AfterOpening([CallSamples.Search], many: false, mayLoosen: false).Value
                .StartAfter(vocabulary(), grammar.Opening, format.IsWholeAnswer).Value;
            var text = new StringBuilder();
            foreach (var token in Tokens(format, $"{(format.IsWholeAnswer ? "" : "I look. ")}{grammar.Opening}"))
            {
                Assert.True(state.Accept(token));
                text.Append(vocabulary().Vocabulary.Name(token));
            }

            Assert.True(state.IsActive);
            text.Append(Walk(state, vocabulary(), seed: 3, tokens: 60));
            Validates(Assert.Single(Calls(format, text.ToString())));
        }

        int[] Tokens(ToolFormat format, string text)
        {
            var controls = format.WantsShortIds ? s_mistral.Value.Vocabulary.Special[format.Opening] : null;
            return controls is { } control
                ? [.. StarterTokenizer.Tokenizer.Encode(text.Replace(format.Opening, "", StringComparison.Ordinal), parseSpecial: false), control]
                : StarterTokenizer.Tokenizer.Encode(text, parseSpecial: false);
        }
    }

    [Fact]
    public void AnAnswerThatBeginsOtherwise_IsFree_WhereACallIsTheWholeAnswer()
    {
        var grammar = new ToolGrammar(ToolFormat.Llama, Vocabularies.Bytes.Vocabulary);
        var state = grammar.AfterOpening([CallSamples.Search], many: false, mayLoosen: false).Value
            .StartAfter(Vocabularies.Bytes, grammar.Opening, onlyAtStart: true).Value;
        Assert.All("As JSON: {\"name\": \"Ada\"}", letter => Assert.True(state.Accept(letter)));
        Assert.True(!state.IsActive && state.IsComplete);
    }

    [Fact]
    public void AControlToken_IsWrittenOnlyWhereTheGrammarAsksForIt()
    {
        var vocabulary = s_mistral.Value;
        var control = vocabulary.Vocabulary.Special["[TOOL_CALLS]"]!.Value;
        var state = OutputGrammar.Sequence(OutputGrammar.FromChoices(["a"]).Value, OutputGrammar.Control("[TOOL_CALLS]")).Start(vocabulary).Value;
        Assert.DoesNotContain(control, state.Allowed(vocabulary));
        Assert.True(state.Accept(StarterTokenizer.Tokenizer.Encode("a", parseSpecial: false)[0]));
        Assert.Equal([control], state.Allowed(vocabulary));
        Assert.True(state.Accept(control) && state.IsFinished);
        Assert.False(OutputGrammar.FromRegex("(.|\\n)*").Value.Start(vocabulary).Value.Allows(control));
    }

    [Fact]
    public void ASchemaThatCannotBeHeldTo_IsRefusedByNames_OrLoosenedWhereNobodyDemandedIt()
    {
        var tool = CallSamples.Tool("pick", """{"type":"object","properties":{"n":{"not":{"const":1}}}}""");
        var grammar = new ToolGrammar(ToolFormat.Hermes, Vocabularies.Bytes.Vocabulary);
        var refused = grammar.Whole([tool], many: false, mayLoosen: false).Error!;
        Assert.Equal("tool.parameters_unsupported", refused.Code);
        Assert.Contains("\"pick\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"not\"", refused.Message, StringComparison.Ordinal);
        var loosened = grammar.Whole([tool], many: false, mayLoosen: true).Value;
        Assert.True(loosened.Accepts("<tool_call>\n{\"name\": \"pick\", \"arguments\": {\"n\": 2}}\n</tool_call>"u8));
    }

    [Fact]
    public void Repeat_TakesOneToSoMany()
    {
        var grammar = OutputGrammar.Repeat(OutputGrammar.FromRegex("[ab]+").Value, OutputGrammar.FromChoices([","]).Value, most: 3);
        Assert.True(grammar.Accepts("a"u8) && grammar.Accepts("a,bb"u8) && grammar.Accepts("a,b,ab"u8));
        Assert.False(grammar.Accepts(""u8) || grammar.Accepts("a,"u8) || grammar.Accepts("a,b,a,b"u8));
    }

    private static string Walk(GrammarState state, VocabularyTrie vocabulary, int seed, int tokens)
    {
        var random = new Random(seed);
        var bytes = new List<byte>();
        for (var remaining = tokens; remaining > 0 && !state.IsFinished; remaining--)
        {
            var allowed = state.Allowed(vocabulary, remaining);
            var token = allowed[random.Next(allowed.Count)];
            Assert.True(state.Accept(token));
            if (vocabulary.Vocabulary.EndOfTurn.Contains(token))
            {
                break;
            }

            bytes.AddRange(vocabulary.Vocabulary.Bytes(token));
        }

        Assert.True(state.IsComplete);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static List<(string Name, string Arguments)> Calls(ToolFormat format, string answer)
    {
        var stream = new ToolCallStream(format, CallSamples.Names, CallIds.New);
        ToolStreamEvent[] events = [.. stream.Push(answer), .. stream.End()];
        var ended = events.OfType<ToolStreamEvent.CallEnded>().ToList();
        Assert.DoesNotContain(ended, call => call.IsCut);
        return [.. ended.Select(call => (call.Name, call.Arguments))];
    }

    private static void Validates((string Name, string Arguments) call)
    {
        using var arguments = JsonDocument.Parse(call.Arguments);
        var tool = call.Name == "search" ? CallSamples.Search : CallSamples.Weather;
        Assert.Empty(JsonSchema.Read(tool.JsonSchema).Value.Validate(arguments.RootElement));
    }
}
