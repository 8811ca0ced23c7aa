using System.Text;
using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Structured;

/// <summary>Answers of a model that knows nothing: any token that the mask leaves, drawn evenly.</summary>
public sealed class GrammarWalkTests
{
    [Fact]
    public void AWalkOfAllowedTokens_EndsInAValidValue_ForEverySchemaOfTheSuite() => WalkTheSuite(walksPerSchema: 2);

    [Fact(Explicit = true)]
    public void ManyWalksOfAllowedTokens_EndInAValidValue_ForEverySchemaOfTheSuite() => WalkTheSuite(walksPerSchema: 30);

    [Fact]
    public void AWalkOfAllowedTokens_EndsInAValidValue_ForOrdinarySchemas() => WalkOrdinarySchemas(walksPerSchema: 15);

    [Fact(Explicit = true)]
    public void ManyWalksOfAllowedTokens_EndInAValidValue_ForOrdinarySchemas() => WalkOrdinarySchemas(walksPerSchema: 200);

    [Fact]
    public void Mask_LeavesExactlyTheTokensThatAcceptTakes()
    {
        var random = new Random(5);
        foreach (var (name, schema) in OrdinarySchemas.All)
        {
            var state = Compile(schema).Value.Start(Vocabularies.Starter).Value;
            for (var step = 0; step < 40 && !state.IsFinished; step++)
            {
                var allowed = state.Allowed(Vocabularies.Starter);
                var left = allowed.ToHashSet();
                for (var probe = 0; probe < 400; probe++)
                {
                    var token = probe < 60 ? allowed[random.Next(allowed.Count)] : random.Next(Vocabularies.Starter.Vocabulary.Count);

                    // Inside a counted string the mask leaves out tokens of very many characters.
                    if (Vocabularies.Starter.Vocabulary.Bytes(token).Length < 20)
                    {
                        Assert.True(state.Allows(token) == left.Contains(token), $"{name}, step {step}, token {token}");
                    }
                }

                var next = allowed.Where(token => !Vocabularies.Starter.Vocabulary.EndOfTurn.Contains(token)).ToList();
                Assert.True(state.Accept(next[random.Next(next.Count)]));
            }
        }
    }

    [Fact]
    public void AWalk_IsClosedWithinAnyBudget_ThatIsEnoughAtTheStart()
    {
        var random = new Random(11);
        foreach (var (name, schema) in OrdinarySchemas.All)
        {
            var grammar = Compile(schema).Value;
            var validator = JsonSchema.Read(Parse(schema)).Value;
            var needed = grammar.Start(Vocabularies.Starter).Value.TokensToClose;
            foreach (var budget in new[] { needed, needed + 1, needed + 3, needed + 10 })
            {
                for (var walk = 0; walk < 4; walk++)
                {
                    var (text, complete) = Generate(grammar, Vocabularies.Starter, budget, random);
                    Assert.True(complete, $"{name} with {budget} tokens: {text}");
                    Assert.Empty(validator.Validate(Parse(text)));
                }
            }
        }
    }

    [Fact]
    public void AWalk_ThatCannotBeClosed_GoesTowardsTheEndAllTheSame()
    {
        var state = Compile(OrdinarySchemas.All.Single(one => one.Name == "invoice").Schema).Value.Start(Vocabularies.Starter).Value;
        var random = new Random(3);
        var before = state.TokensToClose;
        for (var remaining = 10; remaining > 0; remaining--)
        {
            var allowed = state.Allowed(Vocabularies.Starter, remaining);
            Assert.True(state.Accept(allowed[random.Next(allowed.Count)]));
            Assert.True(state.TokensToClose < before);
            before = state.TokensToClose;
        }

        Assert.False(state.IsComplete);
    }

    [Fact]
    public void AWalk_IsRight_OverAVocabularyWithTokensAcrossValueBorders()
    {
        // What real vocabularies have few of: "},{" and the like, the same bytes twice, halves of characters, and very long tokens.
        string[] texts = ["\":\"", "\",\"", "\"},{\"", "}]}", "[]", "{}", "[[", "]]", "1,2", "true,", "null}", ", \"", ": ", new(' ', 60), new('a', 50), "\"\"", "é", "é", "e\",", "0.5", "-1"];
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).Concat(texts.Select(Encoding.UTF8.GetBytes))
            .Append([0xC3, 0xA9, 0xF0]).Append([0x9F, 0x98]).ToList();
        var vocabulary = VocabularyTrie.Of(Vocabularies.Of(tokens));
        Walk([.. OrdinarySchemas.All.Select(one => one.Schema), """{"type":"array","items":{"type":"array","items":{"type":"integer"},"maxItems":2},"maxItems":100}"""], 60, atLeast: 11, vocabulary);
    }

    private static void WalkTheSuite(int walksPerSchema) =>
        Walk([.. SchemaSuite.Read().Select(one => one.Schema.GetRawText()).Distinct()], walksPerSchema, atLeast: 150);

    private static void WalkOrdinarySchemas(int walksPerSchema) =>
        Walk([.. OrdinarySchemas.All.Select(one => one.Schema)], walksPerSchema, atLeast: OrdinarySchemas.All.Count);

    private static void Walk(IReadOnlyList<string> schemas, int walks, int atLeast, VocabularyTrie? vocabulary = null)
    {
        var random = new Random(7);
        var walked = 0;
        foreach (var schema in schemas)
        {
            if (Compile(schema) is not { IsSuccess: true } grammar)
            {
                continue;
            }

            walked++;
            var validator = JsonSchema.Read(Parse(schema)).Value;
            for (var walk = 0; walk < walks; walk++)
            {
                var (text, complete) = Generate(grammar.Value, vocabulary ?? Vocabularies.Starter, 20 + random.Next(120), random);
                if (complete)
                {
                    var violations = validator.Validate(Parse(text));
                    Assert.True(violations.Count == 0, $"{schema}\n{text}\n{string.Join('\n', violations)}");
                }
                else
                {
                    Assert.True(grammar.Value.Start(vocabulary ?? Vocabularies.Starter).Value.TokensToClose > 20, $"{schema}\n{text}");
                }
            }
        }

        Assert.True(walked >= atLeast, $"{walked} schemas were walked.");
    }

    private static (string Text, bool Complete) Generate(OutputGrammar grammar, VocabularyTrie vocabulary, int budget, Random random)
    {
        var state = grammar.Start(vocabulary).Value;
        var bytes = new List<byte>();
        for (var remaining = budget; remaining > 0; remaining--)
        {
            var allowed = state.Allowed(vocabulary, remaining);
            Assert.NotEmpty(allowed);
            var token = allowed[random.Next(allowed.Count)];
            Assert.True(state.Accept(token), $"{Encoding.UTF8.GetString([.. bytes])} + {token}");
            if (vocabulary.Vocabulary.EndOfTurn.Contains(token))
            {
                break;
            }

            bytes.AddRange(vocabulary.Vocabulary.Bytes(token));
        }

        return (Encoding.UTF8.GetString([.. bytes]), state.IsComplete);
    }

    private static MistralStudio.Core.Result<OutputGrammar> Compile(string schema) => OutputGrammar.FromJsonSchema(Parse(schema));

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
