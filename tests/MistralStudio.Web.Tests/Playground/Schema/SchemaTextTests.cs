using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Schemas;
using MistralStudio.Web.Features.Playground.Schema;

namespace MistralStudio.Web.Tests.Playground.Schema;

public sealed class SchemaTextTests
{
    [Fact]
    public void Outline_IsWhatPeopleWriteDown()
    {
        var lines = SchemaOutline.Of(JsonElement.Parse(
            """
            {"type":"object","required":["answer","citations"],"properties":{
              "answer":{"type":"string"},
              "citations":{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":6},
              "confidence":{"type":"number","minimum":0,"maximum":1},
              "kind":{"enum":["a",2,null]},
              "either":{"anyOf":[{"type":"string"},{"type":"null"}]},
              "when":{"type":"string","format":"date","description":"Day of signing"},
              "place":{"$ref":"#/$defs/place"},
              "parts":{"type":"array","items":{"type":"object","properties":{"n":{"type":"boolean"}},"required":["n"]}}},
             "$defs":{"place":{"type":"object","properties":{"town":{"type":["string","null"]}}}}}
            """));

        Assert.Equal(
            """
            {
              answer: string
              citations: int[] (1..6)
              confidence: number? (0..1)
              kind: "a" | 2 | null?
              either: string | null?
              when: date? (Day of signing)
              place: {
                town: string | null?
              }?
              parts: {
                n: bool
              }[]?
            }
            """.ReplaceLineEndings("\n"),
            string.Join('\n', lines.Select(line =>
                $"{new string(' ', 2 * line.Depth)}{(line.Name.Length > 0 ? $"{line.Name}: " : "")}{line.Type}{(line.Note.Length > 0 ? $" ({line.Note})" : "")}")));
    }

    [Theory]
    [InlineData("true", "any")]
    [InlineData("{}", "any")]
    [InlineData("""{"$ref":"#"}""", "any")]
    [InlineData("""{"$ref":"https://example.com/x"}""", "any")]
    public void Outline_TakesWhateverIsASchema(string schema, string type) => Assert.Equal(type, Assert.Single(SchemaOutline.Of(JsonElement.Parse(schema))).Type);

    [Fact]
    public void Outline_EndsWhereASchemaRefersToItself()
    {
        var lines = SchemaOutline.Of(JsonElement.Parse("""{"type":"object","properties":{"left":{"$ref":"#"},"right":{"$ref":"#"}}}"""));
        Assert.InRange(lines.Count, 3, 201);
    }

    [Fact]
    public void Report_SaysWhereATextIsNoJson()
    {
        var report = SchemaReport.Of("{\n  \"type\": object\n}", new Holder(null));
        Assert.Equal("schema.no_json", report.Fault!.Code);
        Assert.Equal((2, 11), (report.Place!.Value.Line, report.Place.Value.Column));
        Assert.Null(report.Schema);
    }

    [Fact]
    public void Report_SaysWhichKeywordIsWrong()
    {
        var report = SchemaReport.Of("{\n  \"properties\": {\n    \"a\": { \"type\": \"strung\" }\n  }\n}", new Holder(null));
        Assert.Equal("schema.invalid", report.Fault!.Code);
        Assert.Equal(3, report.Place!.Value.Line);
    }

    [Fact]
    public void Report_SaysWhatTheLocalEngineCannotHoldTo_AndKeepsTheSchema()
    {
        var limit = new Error("schema.unsupported_keyword", "No.", "Remove it.");
        var report = SchemaReport.Of("{\n  \"not\": {}\n}", new Holder(new SchemaFault(limit, "/not")));
        Assert.Equal(limit, report.NotHeld);
        Assert.Equal(2, report.Place!.Value.Line);
        Assert.NotNull(report.Schema);
        Assert.Null(report.Fault);
    }

    [Fact]
    public void Report_RefusesWhatIsTooLong() =>
        Assert.Equal("schema.too_long", SchemaReport.Of(new string(' ', SchemaReport.MostCharacters + 1), new Holder(null)).Fault!.Code);

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("Here it is:\n```json\n{\"a\":1}\n```\nAnything else?")]
    [InlineData("Sure: {\"a\":1} is it.")]
    public void AnAnswersJson_BecomesASchema(string answer) =>
        Assert.Equal(["a"], AnswerSchemas.Of(answer).Value.GetProperty("properties").EnumerateObject().Select(property => property.Name));

    [Theory]
    [InlineData("Just words.")]
    [InlineData("")]
    [InlineData("{not json}")]
    public void AnAnswerInWords_SaysThatItIsNoJson(string answer) => Assert.Equal("schema.answer_no_json", AnswerSchemas.Of(answer).Error!.Code);

    internal sealed class Holder(SchemaFault? fault) : IHeldSchemas
    {
        public SchemaFault? FindFault(JsonElement schema) => fault;
    }
}
