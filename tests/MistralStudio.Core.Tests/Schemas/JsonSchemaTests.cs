using System.Diagnostics;
using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Core.Tests.Schemas;

public sealed class JsonSchemaTests
{
    [Fact]
    public void Validate_AgreesWithTheSuite_InEveryCase()
    {
        var cases = SchemaSuite.Read();
        Assert.Equal(869, cases.Count);
        var wrong = cases.Where(one => JsonSchema.Read(one.Schema) is not { IsSuccess: true } schema
            || schema.Value.Validate(one.Data).Count == 0 != one.Valid).ToList();
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"items":{"type":"integer"}}}}""", """{"a":[1,"2"]}""", "/a/1", "/properties/a/items/type", "It is a string, expected is an integer.")]
    [InlineData("""{"required":["na/me"]}""", "{}", "", "/required", "The property \"na/me\" is missing.")]
    [InlineData("""{"properties":{"na/me":{"maximum":3}}}""", """{"na/me":3.5}""", "/na~1me", "/properties/na~1me/maximum", "It is more than 3.")]
    [InlineData("""{"additionalProperties":false}""", """{"b":1}""", "/b", "/additionalProperties", "The property \"b\" is not allowed.")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"enum":[1,"x"]}}}""", "2", "", "/$defs/a/enum", "It is none of the 2 values allowed: 1, \"x\".")]
    [InlineData("""{"oneOf":[{"minimum":1},{"minimum":2}]}""", "3", "", "/oneOf", "It follows 2 of the alternatives, which exclude each other.")]
    public void Validate_NamesFieldKeywordAndReason(string schema, string value, string path, string keyword, string message) =>
        Assert.Equal([new SchemaViolation(path, keyword, message)], Validate(schema, value));

    [Theory]
    [InlineData("""{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}""", """{"a":1,"b":2}""", """{"a":1,"c":2}""")]
    [InlineData("""{"not":{"type":"string"}}""", "1", "\"a\"")]
    [InlineData("""{"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false}""", """{"x-a":1}""", """{"y":1}""")]
    [InlineData("""{"propertyNames":{"maxLength":2}}""", """{"ab":1}""", """{"abc":1}""")]
    [InlineData("""{"contains":{"type":"integer"},"minContains":2,"maxContains":3}""", """[1,"a",2]""", """[1,2,3,4]""")]
    [InlineData("""{"dependentRequired":{"a":["b"]}}""", """{"a":1,"b":1}""", """{"a":1}""")]
    [InlineData("""{"dependentSchemas":{"a":{"maxProperties":1}}}""", """{"a":1}""", """{"a":1,"b":1}""")]
    [InlineData("""{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}""", """{"a":1}""", """{"a":1,"b":1}""")]
    [InlineData("""{"anyOf":[{"prefixItems":[true]},{"prefixItems":[true,{"const":1}]}],"unevaluatedItems":false}""", "[0,1]", "[0,2]")]
    [InlineData("""{"format":"ipv6"}""", "\"2001:db8::1\"", "\"2001:db8::1::2\"")]
    [InlineData("""{"format":"duration"}""", "\"P3DT4H\"", "\"P1W2D\"")]
    [InlineData("""{"format":"hostname"}""", "\"a-b.example\"", "\"-a.example\"")]
    [InlineData("""{"format":"time"}""", "\"15:59:60-08:00\"", "\"15:59:60-07:00\"")]
    [InlineData("""{"multipleOf":0.01}""", "19.99", "19.999")]
    [InlineData("""{"maximum":1e400}""", "1e399", "1e401")]
    public void Validate_KnowsTheKeyword(string schema, string valid, string invalid)
    {
        Assert.Empty(Validate(schema, valid));
        Assert.NotEmpty(Validate(schema, invalid));
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"int"}}}""", "\"/properties/a/type\"")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "\"/$ref\"")]
    [InlineData("""{"$ref":"https://example.com/other"}""", "outside of the document")]
    [InlineData("""{"minLength":-1}""", "\"/minLength\"")]
    [InlineData("""{"allOf":{}}""", "\"/allOf\"")]
    [InlineData("""{"title":5,"pattern":"\ud800"}""", "surrogate")]
    [InlineData("""[]""", "its root")]
    public void Read_SaysWhatIsWrongWithASchema(string schema, string place)
    {
        var error = JsonSchema.Read(Parse(schema)).Error!;
        Assert.Equal("schema.invalid", error.Code);
        Assert.Contains(place, error.Message);
    }

    [Fact]
    public void Validate_SaysThatHalfASurrogatePairIsNoText() =>
        Assert.Contains("surrogate", Assert.Single(Validate("""{"minLength":1}""", "\"\\ud800\"")).Message);

    [Fact]
    public void Validate_Ends_WhateverTheSchema()
    {
        var started = Stopwatch.GetTimestamp();
        Assert.NotEmpty(Validate("""{"$ref":"#"}""", "1"));

        // Every level doubles the work.
        var levels = string.Join(',', Enumerable.Range(0, 60).Select(i => $$"""
            "l{{i}}":{"allOf":[{"$ref":"#/$defs/l{{i + 1}}"},{"$ref":"#/$defs/l{{i + 1}}"}]}
            """));
        Assert.NotEmpty(Validate("{\"$ref\":\"#/$defs/l0\",\"$defs\":{" + levels + ",\"l60\":true}}", "1"));
        Assert.NotEmpty(Validate("""{"pattern":"^(a|a)*(a|aa)*b$"}""", $"\"{new string('a', 50_000)}\""));
        Unhurried.Ended(started);
    }

    private static IReadOnlyList<SchemaViolation> Validate(string schema, string value) => JsonSchema.Read(Parse(schema)).Value.Validate(Parse(value));

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
